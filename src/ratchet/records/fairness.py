"""How a model treats groups of persons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Figures by group of each sensitive column and pair of columns.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None
