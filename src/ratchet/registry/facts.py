"""Where the registry is, what Ratchet writes on a model and its versions there, and what that means; no MLflow here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from ratchet.errors import RegistryError
from ratchet.records.decision import Thresholds
from ratchet.records.promotion import AliasMove, AliasMoveState, Champion

Value = TypeVar("Value")

SERVER = ("http://", "https://")
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
# Numbered with leading zeros, so that the order of the names is the order of the moves.
PREFIX = "ratchet.move."
MOVES = TypeAdapter(AliasMove)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredFacts:
    """What the registry says of a model: which version each alias names, and the tags."""

    aliases: Mapping[str, int]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What the registry says of a version; `made` in milliseconds."""

    name: str
    version: int
    made: int
    tags: Mapping[str, str]


def find_address(home: Path) -> str:
    """Return the address of the registry: `MLFLOW_TRACKING_URI`, or a SQLite database in Ratchet's home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"


def read_moves(registered: RegisteredFacts | None) -> tuple[AliasMove, ...]:
    """Read every move of a model, the oldest first, those that came to nothing too.

    Raises:
        RegistryError: a person edited one, and it can't be read any more.
    """
    tags = registered.tags if registered else {}
    return tuple(_read(name, tags[name]) for name in sorted(tags) if name.startswith(PREFIX))


def done_moves(registered: RegisteredFacts | None) -> tuple[AliasMove, ...]:
    """Return the moves that took place, the oldest first."""
    return tuple(move for move in read_moves(registered) if move.state is AliasMoveState.DONE)


def describe_version(version: VersionFacts) -> Champion:
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
    made = datetime.fromtimestamp(version.made / 1000, UTC)
    return Champion(
        model_name=version.name,
        version=version.version,
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


def _read(name: str, text: str) -> AliasMove:
    try:
        return MOVES.validate_json(text)
    except ValidationError as error:
        raise RegistryError(
            f"the registered model's tag {name} was changed and can't be read: {text[:80]!r}"
        ) from error


def _read_tag(version: VersionFacts, tag: str, kind: TypeAdapter[Value]) -> Value | None:
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
