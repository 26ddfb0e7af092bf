"""Model versions that Ratchet registered: the facts about them are in their tags."""

import hashlib
from datetime import UTC
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Champion, Shipped
from ratchet.registry.facts import (
    ALIAS,
    AS_OF,
    CANDIDATE,
    CLASSES,
    KEY,
    OF_CLASSES,
    OF_THRESHOLDS,
    RUN_ID,
    SHA256,
    THRESHOLDS,
    TWIN_SHA256,
    RegisteredFacts,
    VersionFacts,
)

# Characters that MLflow takes in a version's tag. Thresholds stay far below; of thousands of classes the tag is left
# out, and the run's own record is asked for them.
TAG_ROOM = 100_000


def make_key(run: Run, file: FileRef) -> str:
    """Return what a second try is known by: model, run and file.

    A promotion is the same one where the judged file is the same. A version is, where the file that scores is: a refit
    that is made again gives another one.
    """
    return hashlib.sha256("\n".join((run.model, run.run_id, file.sha256)).encode()).hexdigest()


def as_of_text(run: Run) -> str | None:
    """Write as text what counted as known in a run: a time, a number of rows, None for every row there was."""
    known_at = run.known_at
    if known_at is None or isinstance(known_at, int):
        return None if known_at is None else str(known_at)
    return known_at.astimezone(UTC).isoformat()


def is_missing(error: MlflowException) -> bool:
    """Tell "there is no such thing" from every other answer of MLflow."""
    return bool(error.error_code == "RESOURCE_DOES_NOT_EXIST")


def read_model(client: MlflowClient, model: str) -> RegisteredFacts | None:
    """Read a registered model's aliases and tags; None when there is none of that name."""
    try:
        found = client.get_registered_model(model)
    except MlflowException as error:
        if is_missing(error):
            return None
        raise
    aliases = {alias: int(version) for alias, version in found.aliases.items()}
    return RegisteredFacts(aliases=aliases, tags=found.tags)


def read_alias(client: MlflowClient, model: str) -> int | None:
    """Return the version that the champion alias names, whoever set it."""
    registered = read_model(client, model)
    return registered.aliases.get(ALIAS) if registered else None


def read_version(client: MlflowClient, model: str, number: int) -> VersionFacts | None:
    """Read a version; None when it was deleted."""
    try:
        return _facts_of(client.get_model_version(model, str(number)))
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def find_version(client: MlflowClient, model: str, key: str) -> VersionFacts | None:
    """Find the version that an earlier try of the same promotion registered."""
    # The oldest, should two tries ever have registered the same: every later try must find the same one.
    found = client.search_model_versions(f"name = '{model}' AND tags.`{KEY}` = '{key}'")
    return min(map(_facts_of, found), key=lambda facts: facts.version, default=None)


def create_model(client: MlflowClient, model: str) -> None:
    """Make the registered model; it is no matter when it is there already."""
    try:
        client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def create_version(client: MlflowClient, run: Run, shipped: Shipped, *, source: str, tracking_id: str) -> VersionFacts:
    """Register a logged model; its tags are written in the same transaction, so no version of ours is without."""
    challenger = shipped.judged
    tags = {
        KEY: make_key(run, shipped.model),
        RUN_ID: run.run_id,
        CANDIDATE: challenger.name,
        SHA256: shipped.model.sha256,
    }
    if shipped.refitted is not None:
        tags[TWIN_SHA256] = challenger.model.sha256
    if (as_of := as_of_text(run)) is not None:
        tags[AS_OF] = as_of
    tags |= describe_use(run, challenger)
    return _facts_of(client.create_model_version(run.model, source, run_id=tracking_id, tags=tags))


def describe_use(run: Run, challenger: Challenger) -> dict[str, str]:
    """Return the tags that say how a challenger is to be used."""
    split = find_record(folder_of(run), "split", Split)
    tags = {
        THRESHOLDS: OF_THRESHOLDS.dump_json(challenger.thresholds).decode() if challenger.thresholds else "",
        CLASSES: OF_CLASSES.dump_json(split.classes).decode() if split else "",
    }
    return {name: text for name, text in tags.items() if text and len(text) <= TAG_ROOM}


def download_file(client: MlflowClient, champion: Champion, name: str, folder: Path) -> Path:
    """Download a file of a version into a folder.

    Raises:
        RegistryError: the registry has no such file.
    """
    number = str(champion.version)
    try:
        kept: str = client.get_model_version_download_uri(champion.model_name, number)
        uri = f"{kept.rstrip('/')}/{name}"
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder), tracking_uri=client.tracking_uri))
    except MlflowException as error:
        if not is_missing(error):
            raise
        raise RegistryError(
            f"version {number} of {champion.model_name} has no model file in the registry any more: roll back, or "
            "restore its artifacts"
        ) from error


def _facts_of(version: ModelVersion) -> VersionFacts:
    return VersionFacts(
        name=version.name, version=int(version.version), made=version.creation_timestamp, tags=version.tags
    )
