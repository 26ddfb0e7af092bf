"""The champion as it is used: its model, verified, and what its numbers mean."""

from dataclasses import dataclass
from datetime import datetime

from mlflow import MlflowClient
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.folder import RunFolder, find_folder
from ratchet.artifacts.history import find_record
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.data import Split, Table
from ratchet.records.promotion import Champion
from ratchet.registry.champion import fetch_model, find_champion
from ratchet.registry.client import connect
from ratchet.registry.versions import describe_version, read_version
from ratchet.timeline import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class InService:
    """The champion, ready to score.

    Attributes:
        champion: the registry's facts about it.
        pipeline: its model.
        classes: the classes in the order of its probabilities; empty for regression.
        made_from: the latest event time of the rows that it was made from, or how many rows; None when not known.
    """

    champion: Champion
    pipeline: Pipeline
    classes: tuple[str, ...]
    made_from: Moment | None


def load_champion(run: Run) -> InService:
    """Load a model's champion through the verified loader.

    Raises:
        RegistryError: there is none, its file is not what was registered, or its classes are not known any more.
        ArtifactError: its file is no model that Ratchet wrote.
    """
    client = connect(run.home)
    champion = find_champion(client, run.model)
    if champion is None:
        raise RegistryError(f"{run.model} has no champion: nothing can be scored before a retraining promotes one")
    return _load(run, client, champion)


def load_version(run: Run, number: int) -> InService:
    """Load a version that was champion, whether it still is or not, through the verified loader.

    Raises:
        RegistryError: it is deleted, its file is not what was registered, or its classes are not known any more.
        ArtifactError: its file is no model that Ratchet wrote.
    """
    client = connect(run.home)
    version = read_version(client, run.model, number)
    if version is None:
        raise RegistryError(f"version {number} of {run.model} is deleted: score with another, or restore it")
    return _load(run, client, describe_version(version))


def _load(run: Run, client: MlflowClient, champion: Champion) -> InService:
    home = run.home
    pipeline = read_pipeline(fetch_model(client, champion, home), home)
    folder = find_folder(home, run.model, champion.run_id)
    return InService(
        champion=champion,
        pipeline=pipeline,
        classes=_find_classes(run, champion, folder),
        made_from=_find_end(run, champion, folder),
    )


def _find_classes(run: Run, champion: Champion, folder: RunFolder) -> tuple[str, ...]:
    """Columns of probabilities carry no names: ask the registry, else the run that made the champion."""
    if run.config.task == "regression":
        return ()
    if champion.classes:
        return champion.classes
    if split := find_record(folder, "split", Split):
        return split.classes
    if run.config.task == "binary":
        return run.config.data.target.names
    raise RegistryError(
        f"the classes of version {champion.version} of {run.model} are not known any more: the records of run "
        f"{champion.run_id} are gone; retrain, or roll back"
    )


def _find_end(run: Run, champion: Champion, folder: RunFolder) -> Moment | None:
    """Return where the champion's rows ended: as its run recorded it, else as its registered as-of allows."""
    if run.config.data.has_clock:
        return _find_moment(run, champion, folder)
    if champion.as_of and champion.as_of.isdecimal():
        return int(champion.as_of)  # of rows read, also of those without a label
    table = find_record(folder, "ingest", Table)
    return table.rows if table else None


def _find_moment(run: Run, champion: Champion, folder: RunFolder) -> datetime | None:
    if table := find_record(folder, "ingest", Table):
        return table.time_to
    return datetime.fromisoformat(champion.as_of) - run.config.data.label_delay if champion.as_of else None
