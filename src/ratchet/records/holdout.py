"""What judging gives beside the gains: figures by period and of the weakest slices, and who used a holdout before."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The primary metric in one period of the holdout.

    Attributes:
        name: such as "period 1 of 4"; the gain over the champion in it has the same.
        rows: how many rows are in it.
        time_from: earliest event time in it; None when the data has no clock.
        time_to: latest event time in it.
        challenger: the challenger's figure; None when it can't be measured.
        champion: the champion's figure; None when there is none.
    """

    name: str
    rows: int
    time_from: datetime | None
    time_to: datetime | None
    challenger: float | None
    champion: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quartiles:
    """How one model's figure lies over the periods.

    Attributes:
        lower: a quarter of the periods have a figure below this.
        median: half of them.
        upper: three quarters of them.
        spread: the largest figure minus the smallest.
    """

    lower: float
    median: float
    upper: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The primary metric over the holdout's periods.

    Attributes:
        metric: its name.
        periods: in the order of time.
        challenger: over the periods; None when any of them has no figure.
        champion: the same for the champion; None when there is none.
        problem: why nothing could be measured; None when it was.
    """

    metric: str = ""
    periods: tuple[Period, ...] = ()
    challenger: Quartiles | None = None
    champion: Quartiles | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutHistory:
    """Who has judged on a holdout before.

    Attributes:
        same_rows: other runs of this model that judged on exactly these rows.
        overlapping: other runs whose holdout is another one and overlaps this one in time.
        unreadable: other runs that judged on rows nobody can tell any more, as the record of their split is damaged.
    """

    same_rows: tuple[str, ...] = ()
    overlapping: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def uses(self) -> int:
        """How many runs have judged on these rows, this one included; a damaged record may have been one."""
        return 1 + len(self.same_rows) + len(self.unreadable)


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
