"""Model versions that Ratchet registered: the facts about them are in their tags."""

import hashlib
from datetime import UTC, datetime
from typing import TypeVar

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from pydantic import TypeAdapter, ValidationError

from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.data import Split
from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Champion, Shipped

Value = TypeVar("Value")

ALIAS = "champion"  # MLflow tells `Champion` and `champion` apart; only this spelling counts
KEY = "ratchet.key"
RUN_ID = "ratchet.run_id"
CANDIDATE = "ratchet.candidate"
SHA256 = "ratchet.sha256"
TWIN_SHA256 = "ratchet.twin_sha256"
AS_OF = "ratchet.as_of"
SINCE = "ratchet.since"
PREVIOUS = "ratchet.previous"
MODEL_FILE = "model.skops"
TWIN_FILE = "judged.skops"  # beside a refitted model: the one that was judged
THRESHOLDS = "ratchet.thresholds"
CLASSES = "ratchet.classes"
OF_THRESHOLDS = TypeAdapter(Thresholds)
OF_CLASSES = TypeAdapter(tuple[str, ...])
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


def read_model(client: MlflowClient, model: str) -> RegisteredModel | None:
    """Read a registered model with its aliases and tags; None when there is none of that name."""
    try:
        return client.get_registered_model(model)
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def read_alias(client: MlflowClient, model: str) -> int | None:
    """Return the version that the champion alias names, whoever set it."""
    registered = read_model(client, model)
    named = registered.aliases.get(ALIAS) if registered else None
    return None if named is None else int(named)


def read_version(client: MlflowClient, model: str, number: int) -> ModelVersion | None:
    """Read a version; None when it was deleted."""
    try:
        return client.get_model_version(model, str(number))
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def find_version(client: MlflowClient, model: str, key: str) -> ModelVersion | None:
    """Find the version that an earlier try of the same promotion registered."""
    # The oldest, should two tries ever have registered the same: every later try must find the same one.
    found = client.search_model_versions(f"name = '{model}' AND tags.`{KEY}` = '{key}'")
    return min(found, key=lambda version: int(version.version), default=None)


def create_model(client: MlflowClient, model: str) -> None:
    """Make the registered model; it is no matter when it is there already."""
    try:
        client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def create_version(client: MlflowClient, run: Run, shipped: Shipped, *, source: str, tracking_id: str) -> ModelVersion:
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
    return client.create_model_version(run.model, source, run_id=tracking_id, tags=tags)


def describe_version(version: ModelVersion) -> Champion:
    """Read the facts in a version's tags.

    Raises:
        RegistryError: Ratchet did not register this version, or a tag is not what it wrote.
    """
    tags = version.tags
    if absent := [name for name in (RUN_ID, CANDIDATE, SHA256) if not tags.get(name)]:
        raise RegistryError(
            f"version {version.version} of {version.name} was not registered by Ratchet (no tag {', '.join(absent)}) "
            f"and can't be verified: roll back, or set the alias '{ALIAS}' to a version that Ratchet registered"
        )
    made = datetime.fromtimestamp(version.creation_timestamp / 1000, UTC)
    return Champion(
        model_name=version.name,
        version=int(version.version),
        run_id=tags[RUN_ID],
        candidate=tags[CANDIDATE],
        sha256=tags[SHA256],
        # A version that a person made champion has no such tag.
        since=datetime.fromisoformat(tags[SINCE]) if SINCE in tags else made,
        previous=int(tags[PREVIOUS]) if PREVIOUS in tags else None,
        as_of=tags.get(AS_OF),
        thresholds=_read_tag(version, THRESHOLDS, OF_THRESHOLDS),
        classes=_read_tag(version, CLASSES, OF_CLASSES) or (),
        twin_sha256=tags.get(TWIN_SHA256),
    )


def describe_use(run: Run, challenger: Challenger) -> dict[str, str]:
    """Return the tags that say how a challenger is to be used."""
    split = find_record(folder_of(run), "split", Split)
    tags = {
        THRESHOLDS: OF_THRESHOLDS.dump_json(challenger.thresholds).decode() if challenger.thresholds else "",
        CLASSES: OF_CLASSES.dump_json(split.classes).decode() if split else "",
    }
    return {name: text for name, text in tags.items() if text and len(text) <= TAG_ROOM}


def _read_tag(version: ModelVersion, tag: str, kind: TypeAdapter[Value]) -> Value | None:
    text = version.tags.get(tag)
    if not text:
        return None
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        raise RegistryError(
            f"the tag {tag} of version {version.version} of {version.name} is not what Ratchet wrote: roll back, or "
            "restore the tag"
        ) from error


def file_uri(client: MlflowClient, model: str, number: int, name: str) -> str:
    """Return where the registry keeps a file of a version."""
    folder: str = client.get_model_version_download_uri(model, str(number))
    return f"{folder.rstrip('/')}/{name}"
