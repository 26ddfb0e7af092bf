"""How far predicted probabilities are from observed rates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Calibration of challenger and champion on the holdout.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None
