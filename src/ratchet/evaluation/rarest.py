"""Which class has the fewest rows, of those that are waited for: it limits what the rows can show."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ratchet.config.model import ModelConfig
from ratchet.metrics.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarest:
    """The class with the fewest rows.

    Attributes:
        rows: how many it has; None for regression.
        name: what it is called, where there are more than two classes and their names are known.
    """

    rows: int | None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassNames:
    """The classes of a task with more than two.

    Attributes:
        names: in the order of their codes; empty where they are not known, or are not needed.
        spared: those that no minimum of rows waits for, `evaluation.rare_classes` in the YAML.
    """

    names: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: ModelConfig, names: tuple[str, ...]) -> Self:
        """Take the names where there are more than two classes: of two, both are always waited for."""
        return cls(names=names, spared=config.evaluation.rare_classes) if config.task == "multiclass" else cls()

    def find_rarest(self, labels: Floats, classes: int, *, absent_count: bool) -> Rarest:
        """Find the rarest class, none for regression; a class without rows counts as 0 or not at all."""
        if not classes:
            return Rarest(rows=None)
        counts = np.bincount(labels.astype(np.intp), minlength=classes)
        spared = {self.names.index(name) for name in self.spared if name in self.names}
        counted = [code for code in range(len(counts)) if code not in spared and (absent_count or counts[code])]
        if not counted:
            return Rarest(rows=len(labels))
        code = min(counted, key=counts.__getitem__)
        return Rarest(rows=int(counts[code]), name=self.names[code] if self.names else None)


UNNAMED = ClassNames()
