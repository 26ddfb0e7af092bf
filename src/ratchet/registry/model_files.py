"""A champion's model file: our own copy of it, verified, downloaded where there is none, and loaded."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import hash_file, refer_to, written_atomically
from ratchet.config.run import Run
from ratchet.errors import DataError, RatchetError, RegistryError, list_names
from ratchet.records.files import FileRef
from ratchet.records.promotion import Champion
from ratchet.registry.champion import find_champion, find_classes
from ratchet.registry.facts import MODEL_FILE, TWIN_FILE

if TYPE_CHECKING:
    from mlflow import MlflowClient

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
    champion = find_champion(run.home, run.model)
    return None if champion is None else load_judged(run, champion, classes)


def load_judged(run: Run, champion: Champion, classes: tuple[str, ...]) -> LoadedChampion:
    """Load the model of a champion, of today or a former one, that may be compared with others."""
    try:
        _refuse_other_classes(run, champion, classes)
        return LoadedChampion(facts=champion, pipeline=load_pipeline(champion, run.home, judged=True))
    except RatchetError as error:
        return LoadedChampion(facts=champion, problem=str(error))


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
    from ratchet.registry.client import connect  # noqa: PLC0415 (loads MLflow, which takes seconds)

    return download_model(connect(home), champion, home, judged=judged)


def download_model(client: "MlflowClient", champion: Champion, home: Path, *, judged: bool = False) -> FileRef:
    """Make our own copy of a champion's model file from what the registry holds now.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
    """
    from ratchet.registry.versions import download_file  # noqa: PLC0415 (loads MLflow)

    name, digest = _file_of(champion, judged=judged)
    path = own_copy(champion, home, name)
    # Downloaded beside its place, on the same disk: the last step is a rename.
    with written_atomically(path) as temporary, TemporaryDirectory(dir=path.parent, prefix=".download.") as folder:
        file = download_file(client, champion, name, Path(folder))
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


def _refuse_other_classes(run: Run, champion: Champion, classes: tuple[str, ...]) -> None:
    theirs = find_classes(run, champion)
    if theirs and theirs != classes:
        raise DataError(f"it was trained on the classes {list_names(theirs)}, these rows have {list_names(classes)}")


def _file_of(champion: Champion, *, judged: bool) -> tuple[str, str]:
    """Return name and digest of the file that scores, or of the one that was judged."""
    if judged and champion.twin_sha256:
        return TWIN_FILE, champion.twin_sha256
    return MODEL_FILE, champion.sha256
