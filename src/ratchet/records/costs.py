"""What the decisions of a model cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """Cost of 1,000 decisions at the models' thresholds.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None
