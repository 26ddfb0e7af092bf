"""Predictions of the history with the labels that are known, as arrays in the order of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.timeline import DAY, HOUR, Moment, Window, to_moment

Ticks = NDArray[np.int64]  # microseconds since 1970 where the data has a clock, else numbers of rows
Codes = NDArray[np.intp]
QUARTERS = (0.25, 0.5, 0.75)
BLOCKS = 7  # of a window that is shorter than a week, or has no clock: as many as a week has days


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """Predictions in the order of time, as known at one time.

    Attributes:
        ticks: when each row happened.
        labels: class codes from 0, or values; NaN while open.
        scores: probability of the positive class, of every class (one column each), or the value.
        decisions: the class decided for, as a code; None for regression.
        delays: ticks until the label was known, infinite while open; None without a clock.
        entities: whom each row is about, as codes; None when that is not known.
        versions: of the model that predicted each row.
        has_features: whether the row's features are still there.
        places: each row's place in the file it was read from.
    """

    ticks: Ticks
    labels: Floats
    scores: Floats
    decisions: Floats | None
    delays: Floats | None
    entities: Codes | None
    versions: NDArray[np.int64]
    has_features: NDArray[np.bool_]
    places: Codes

    def __len__(self) -> int:
        """How many rows."""
        return len(self.ticks)

    @property
    def has_clock(self) -> bool:
        """Whether rows have a time."""
        return self.delays is not None

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which rows have a label."""
        return np.isfinite(self.labels)

    @property
    def classes(self) -> Codes:
        """The class of each label, of a number its quarter, as codes; -1 while it is open."""
        labels = self.labels
        if self.decisions is None and self.is_known.any():
            labels = np.searchsorted(np.quantile(labels[self.is_known], QUARTERS), labels).astype(np.float64)
        return np.where(self.is_known, np.nan_to_num(labels), -1).astype(np.intp)

    def take(self, chosen: slice | NDArray[np.bool_] | Codes) -> Self:
        """Return some of the rows."""
        return type(self)(
            ticks=self.ticks[chosen],
            labels=self.labels[chosen],
            scores=self.scores[chosen],
            decisions=None if self.decisions is None else self.decisions[chosen],
            delays=None if self.delays is None else self.delays[chosen],
            entities=None if self.entities is None else self.entities[chosen],
            versions=self.versions[chosen],
            has_features=self.has_features[chosen],
            places=self.places[chosen],
        )

    def between(self, start: int, end: int) -> Self:
        """Return the rows from one tick to before another."""
        first, last = np.searchsorted(self.ticks, [start, end])
        return self.take(slice(int(first), int(last)))

    def read_for(self, metric: str) -> Floats:
        """Return what a metric looks at: decisions for those that count right and wrong ones, else scores."""
        return self.decisions if find_metric(metric).is_decided and self.decisions is not None else self.scores


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentColumn:
    """A column whose values are watched one by one.

    Attributes:
        name: the column.
        codes: each row's value, as codes; -1 where it is missing.
        names: the values that the codes stand for.
    """

    name: str
    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Turns ticks back into moments.

    Attributes:
        has_clock: whether ticks are times.
        period: ticks of a day; of a seventh of the window where that is less, or there is no clock.
    """

    has_clock: bool
    period: int

    def moment(self, tick: int) -> Moment:
        """Return the moment of a tick."""
        return to_moment(tick, has_clock=self.has_clock)

    def tell_moment(self, tick: int) -> str:
        """Write the moment of a tick in words."""
        moment = self.moment(tick)
        return f"{moment:%Y-%m-%d %H:%M} UTC" if isinstance(moment, datetime) else f"row {moment:,}"

    def window(self, start: int, end: int) -> Window:
        """Return the window between two ticks."""
        return Window.between(start, end, has_clock=self.has_clock)

    def tell(self, ticks: int) -> str:
        """Write a length in words."""
        if not self.has_clock:
            return f"{ticks:,} rows"
        days = ticks / DAY
        return f"{days:.3g} days" if days >= 1 else f"{ticks / HOUR:.3g} hours"
