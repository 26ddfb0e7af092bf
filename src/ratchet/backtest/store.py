"""What a replay has found out so far, on disk: each part is written whole, so that a killed replay goes on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from ratchet.artifacts.files import adapter_of, write_text, written_atomically
from ratchet.models.labels import Floats

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """A model's predictions, a row each; NaN where they are not needed.

    Attributes:
        judged: those of the model that was judged: for its holdout, and for all rows that were not known then.
        served: the same for its holdout; for later rows those of what a promotion puts into service.
    """

    judged: Floats
    served: Floats


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of one replay; another YAML or other rows have another one."""

    folder: Path

    def find(self, name: str, kind: type[Record]) -> Record | None:
        """Read a part; None where it is not there, or damaged and to be made again."""
        try:
            return adapter_of(kind).validate_json(self._path(name).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, name: str, record: object) -> None:
        """Write a part."""
        write_text(self._path(name), adapter_of(type(record)).dump_json(record).decode())

    def keep_scores(self, period: int, scores: Scores) -> None:
        """Write a model's predictions."""
        with written_atomically(self._scores(period)) as path, path.open("wb") as file:
            np.savez(file, judged=scores.judged, served=scores.served)

    def read_scores(self, period: int) -> Scores:
        """Read a model's predictions."""
        with np.load(self._scores(period)) as found:
            return Scores(judged=found["judged"], served=found["served"])

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _scores(self, period: int) -> Path:
        return self.folder / "models" / f"{period:04d}.npz"


def model_name(period: int) -> str:
    """Return the name of a model's part."""
    return f"models/{period:04d}"
