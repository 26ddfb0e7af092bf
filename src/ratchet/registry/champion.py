"""The champion: which version it is, its model file, verified, and what its numbers mean; each asked for by itself."""

import logging
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import hash_file, refer_to, written_atomically
from ratchet.artifacts.run_store import find_folder, find_record
from ratchet.config.run import Run
from ratchet.errors import DataError, RatchetError, RegistryError, list_names
from ratchet.records.data import Split, Table
from ratchet.records.files import FileRef
from ratchet.records.promotion import Champion
from ratchet.registry.alias_history import done_moves
from ratchet.registry.client import connect
from ratchet.registry.versions import (
    ALIAS,
    MODEL_FILE,
    TWIN_FILE,
    describe_version,
    file_uri,
    is_missing,
    read_model,
    read_version,
)
from ratchet.timeline import Moment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedChampion:
    """The champion with its model, or with what keeps it from being compared.

    Attributes:
        facts: what the registry knows of it.
        pipeline: its model; None when it can't be compared.
        problem: why it can't, one sentence; None when it can.
    """

    facts: Champion
    pipeline: Pipeline | None = None
    problem: str | None = None


def load_champion(run: Run, classes: tuple[str, ...]) -> LoadedChampion | None:
    """Load the champion to compare it on rows of some classes; what keeps it from that is a problem, not an error.

    A refitted champion may have learnt these rows: the twin that was judged in its place stands in for it.

    Returns:
        None when the model has no champion.
    """
    champion = find_champion(connect(run.home), run.model)
    if champion is None:
        return None
    try:
        _refuse_other_classes(run, champion, classes)
        return LoadedChampion(facts=champion, pipeline=load_pipeline(champion, run.home, judged=True))
    except RatchetError as error:
        return LoadedChampion(facts=champion, problem=str(error))


def require_champion(run: Run) -> Champion:
    """Return the champion that is to score.

    Raises:
        RegistryError: there is none.
    """
    champion = find_champion(connect(run.home), run.model)
    if champion is None:
        raise RegistryError(f"{run.model} has no champion: nothing can be scored before a retraining promotes one")
    return champion


def require_version(run: Run, number: int) -> Champion:
    """Return a version that was champion, whether it still is or not.

    Raises:
        RegistryError: it is deleted.
    """
    version = read_version(connect(run.home), run.model, number)
    if version is None:
        raise RegistryError(f"version {number} of {run.model} is deleted: score with another, or restore it")
    return describe_version(version)


def find_champion(client: MlflowClient, model: str) -> Champion | None:
    """Return what the champion alias names; None when the model never had a champion.

    An alias that a person moved to another version of ours is as good as one that we moved.

    Raises:
        RegistryError: the alias names a version that Ratchet did not register, or it is gone although there was a
            champion: MLflow drops it silently when its version is deleted, and an unopposed challenger would win.
    """
    registered = read_model(client, model)
    named = registered.aliases.get(ALIAS) if registered else None
    if named is None:
        if moves := done_moves(registered):
            raise RegistryError(
                f"{model} had champion version {moves[-1].version} and has none now: its alias '{ALIAS}' or the "
                "version was deleted by hand; roll back, which sets it to the newest former champion that is left"
            )
        return None
    version = read_version(client, model, int(named))
    if version is None:
        raise RegistryError(f"the alias '{ALIAS}' of {model} names version {named}, which is deleted: roll back")
    return describe_version(version)


def load_pipeline(champion: Champion, home: Path, *, judged: bool = False) -> Pipeline:
    """Load a champion's model from our own copy, verified.

    Args:
        champion: which.
        home: where our own copies are.
        judged: the model that was judged, where another one, refitted on newer rows, scores.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
        ArtifactError: its file is no model that Ratchet wrote.
    """
    return read_pipeline(fetch_model(champion, home, judged=judged), home)


def fetch_model(champion: Champion, home: Path, *, judged: bool = False) -> FileRef:
    """Return our own copy of a champion's model file, downloaded when it is not there or was damaged.

    Once made, it needs neither MLflow nor its store.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
    """
    name, digest = _file_of(champion, judged=judged)
    path = own_copy(champion, home, name)
    if path.is_file() and hash_file(path) == digest:
        return refer_to(path, home)
    return download_model(connect(home), champion, home, judged=judged)


def download_model(client: MlflowClient, champion: Champion, home: Path, *, judged: bool = False) -> FileRef:
    """Make our own copy of a champion's model file from what the registry holds now.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
    """
    name, digest = _file_of(champion, judged=judged)
    path = own_copy(champion, home, name)
    # Downloaded beside its place, on the same disk: the last step is a rename.
    with written_atomically(path) as temporary, TemporaryDirectory(dir=path.parent, prefix=".download.") as folder:
        file = _download(client, champion, folder, name)
        if (found := hash_file(file)) != digest:
            raise RegistryError(
                f"version {champion.version} of {champion.model_name} was changed after it was registered (sha256 "
                f"{found[:12]}…, registered {digest[:12]}…): not used; roll back, or restore the file"
            )
        shutil.move(file, temporary)
    logger.info("fetched version %s of %s from the registry", champion.version, champion.model_name)
    return refer_to(path, home)


def own_copy(champion: Champion, home: Path, name: str = MODEL_FILE) -> Path:
    """Return where our own copy of a version's file is kept."""
    return home / "champions" / champion.model_name / str(champion.version) / name


def require_classes(run: Run, champion: Champion) -> tuple[str, ...]:
    """Return the classes in the order of a champion's probabilities; none for regression.

    Raises:
        RegistryError: they are not known any more.
    """
    if run.config.task == "regression":
        return ()
    if classes := _find_classes(run, champion):
        return classes
    if run.config.task == "binary":
        return run.config.data.target.names
    raise RegistryError(
        f"the classes of version {champion.version} of {run.model} are not known any more: the records of run "
        f"{champion.run_id} are gone; retrain, or roll back"
    )


def find_end(run: Run, champion: Champion) -> Moment | None:
    """Return where a champion's rows ended, a time or a number of rows; None when it is not known.

    Its run recorded it; else its registered as-of bounds it.
    """
    as_of, has_clock = champion.as_of, run.config.data.has_clock
    if not has_clock and as_of and as_of.isdecimal():
        return int(as_of)  # of rows read, also of those without a label
    if table := find_record(find_folder(run.home, run.model, champion.run_id), "ingest", Table):
        return table.time_to if has_clock else table.rows
    return datetime.fromisoformat(as_of) - run.config.data.label_delay if has_clock and as_of else None


def _refuse_other_classes(run: Run, champion: Champion, classes: tuple[str, ...]) -> None:
    theirs = _find_classes(run, champion)
    if theirs and theirs != classes:
        raise DataError(f"it was trained on the classes {list_names(theirs)}, these rows have {list_names(classes)}")


def _find_classes(run: Run, champion: Champion) -> tuple[str, ...]:
    """Columns of probabilities carry no names: the version says which classes they are, or the run that made it."""
    if champion.classes:
        return champion.classes
    split = find_record(find_folder(run.home, run.model, champion.run_id), "split", Split)
    return split.classes if split else ()


def _file_of(champion: Champion, *, judged: bool) -> tuple[str, str]:
    """Return name and digest of the file that scores, or of the one that was judged."""
    if judged and champion.twin_sha256:
        return TWIN_FILE, champion.twin_sha256
    return MODEL_FILE, champion.sha256


def _download(client: MlflowClient, champion: Champion, folder: str, name: str) -> Path:
    try:
        uri = file_uri(client, champion.model_name, champion.version, name)
        return Path(download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=client.tracking_uri))
    except MlflowException as error:
        if not is_missing(error):
            raise
        raise RegistryError(
            f"version {champion.version} of {champion.model_name} has no model file in the registry any more: "
            "roll back, or restore its artifacts"
        ) from error
