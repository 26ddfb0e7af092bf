"""What judging gives beside the gains: figures by period, and what a holdout has been used for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The primary metric over the holdout's periods.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None
