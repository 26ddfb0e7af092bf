"""The weakest slices of a holdout, as a search on validation found them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The challenger's own figure on a slice, as the metric is usually read.

    Attributes:
        metric: its name.
        slice: the slice's name.
        rows: holdout rows in it.
        positives: rows of the rarest class among them; None for regression.
        value: the figure; None when it can't be measured.
        lower: one-sided lower bound at `confidence`; None when it can't be measured.
        upper: one-sided upper bound.
        everywhere: the figure on all rows.
        confidence: of each bound.
        problem: why nothing could be measured; None when it was.
    """

    metric: str
    slice: str
    rows: int
    positives: int | None
    value: float | None
    lower: float | None
    upper: float | None
    everywhere: float | None
    confidence: float
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFinding:
    """What came of the search for the weakest slices.

    Attributes:
        tried: how many slices of validation were large enough to be looked at.
        against: whose loss the challenger's was compared with: "champion", or "average" for its own.
        levels: the challenger's figure on each slice that was found, measured on the holdout.
        problem: why nothing could be searched; None when it could.
    """

    tried: int
    against: str
    levels: tuple[Level, ...] = ()
    problem: str | None = None
