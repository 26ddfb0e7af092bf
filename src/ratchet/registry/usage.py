"""How a version is to be used, kept in its tags: its thresholds, and which class each probability is of."""

from typing import TypeVar

from mlflow.entities.model_registry import ModelVersion
from pydantic import TypeAdapter, ValidationError

from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.data import Split
from ratchet.records.decision import Thresholds
from ratchet.records.modelling import Challenger

Value = TypeVar("Value")

THRESHOLDS = "ratchet.thresholds"
CLASSES = "ratchet.classes"
OF_THRESHOLDS = TypeAdapter(Thresholds)
OF_CLASSES = TypeAdapter(tuple[str, ...])
# Characters that MLflow takes in a version's tag. Thresholds stay far below; of thousands of classes the tag is left
# out, and the run's own record is asked for them.
TAG_ROOM = 100_000


def describe_use(run: Run, challenger: Challenger) -> dict[str, str]:
    """Return the tags that say how a challenger is to be used."""
    split = find_record(folder_of(run), "split", Split)
    tags = {
        THRESHOLDS: OF_THRESHOLDS.dump_json(challenger.thresholds).decode() if challenger.thresholds else "",
        CLASSES: OF_CLASSES.dump_json(split.classes).decode() if split else "",
    }
    return {name: text for name, text in tags.items() if text and len(text) <= TAG_ROOM}


def read_thresholds(version: ModelVersion) -> Thresholds | None:
    """Read a version's thresholds; None when it was registered without.

    Raises:
        RegistryError: the tag is not what was written.
    """
    return _read(version, THRESHOLDS, OF_THRESHOLDS)


def read_classes(version: ModelVersion) -> tuple[str, ...]:
    """Read a version's classes in the order of its probabilities; empty when it was registered without.

    Raises:
        RegistryError: the tag is not what was written.
    """
    return _read(version, CLASSES, OF_CLASSES) or ()


def _read(version: ModelVersion, tag: str, kind: TypeAdapter[Value]) -> Value | None:
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
