"""How labels arrive: the share that has come by an age, of all rows and of those that turn out alike."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ratchet.metrics.arrays import Floats

ENOUGH = 30  # rows as old as that, for an age to say something; of few rows a tenth


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The share of labels that has come by an age: a step at each age at which some came.

    Attributes:
        ages: at which labels came, ascending.
        shares: that had come by then.
    """

    ages: Floats
    shares: Floats

    def at(self, ages: Floats) -> Floats:
        """Return the share that has come by each age."""
        return np.concatenate(([0.0], self.shares))[np.searchsorted(self.ages, ages, side="right")]

    def reach(self, share: float) -> float | None:
        """Return the smallest age by which so large a share has come; None when that is never seen."""
        reached = self.shares >= share - 1e-12  # a product of shares misses 1 by rounding
        return float(self.ages[np.argmax(reached)]) if reached.any() else None

    @property
    def most(self) -> float:
        """The share that had come by the oldest age that was seen."""
        return float(self.shares[-1]) if len(self.shares) else 0.0


def find_age(times: pa.ChunkedArray, known_at: pa.ChunkedArray, *, as_of: int, share: float) -> int | None:
    """Return the age, in microseconds, by which such a share of labels has come; None while that is never seen.

    Args:
        times: of the rows.
        known_at: when each row's label came; null while it is open.
        as_of: the time of the look, in microseconds since 1970.
        share: of all labels.
    """
    happened, known = _as_ticks(times), _as_ticks(known_at)
    delays = np.where(np.isnan(known), np.inf, np.maximum(known - happened, 0.0))
    age = measure_arrival(delays, as_of - happened).reach(share)
    return None if age is None else round(age)


def measure_arrival(delays: Floats, ages: Floats) -> Curve:
    """Measure how labels of all rows arrive: Kaplan and Meier (1958), as a row is lost sight of at its age.

    Args:
        delays: how long each row's label took; infinite while it is open.
        ages: how old each row is.
    """
    seen = np.sort(np.minimum(delays, ages))
    came, counts = np.unique(delays[delays <= ages], return_counts=True)
    is_seen = came <= find_oldest(ages)
    came, counts = came[is_seen], counts[is_seen]
    waiting = len(seen) - np.searchsorted(seen, came, side="left")
    kept = np.cumprod(1 - counts / np.maximum(waiting, 1)).astype(np.float64)
    return Curve(ages=came, shares=1 - kept)


def measure_arrival_of_known(delays: Floats, ages: Floats) -> Curve:
    """Measure how labels arrive of which only those that came are seen, such as all of one class.

    An open label's class is not known, so a row counts only if its label took no longer than the row is old: right
    truncation. Time is read backwards, where it is left truncation, which a product over risk sets can bear (Lagakos,
    Barraj and De Gruttola 1988). The shares are of the labels that come by the oldest age in the history.

    Args:
        delays: how long each known label took.
        ages: how old each of these rows is.
    """
    came, counts = np.unique(delays, return_counts=True)
    at_risk = np.searchsorted(np.sort(delays), came, side="right") - np.searchsorted(np.sort(ages), came, side="left")
    kept = np.where(came <= find_oldest(ages), 1 - counts / np.maximum(at_risk, 1), 1.0)
    later = np.concatenate((np.cumprod(kept[::-1])[::-1][1:], [1.0]))
    return Curve(ages=came, shares=later)


def find_oldest(ages: Floats) -> float:
    """Return the oldest age that enough rows have; 0 without rows."""
    enough = max(1, min(ENOUGH, len(ages) // 10))
    return float(np.partition(ages, len(ages) - enough)[len(ages) - enough]) if len(ages) else 0.0


def _as_ticks(times: pa.ChunkedArray) -> Floats:
    """Return microseconds since 1970, exact for thousands of years; NaN where there is no time."""
    ticks = times.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()).cast(pa.float64(), safe=False)
    return np.asarray(ticks.to_numpy(), np.float64)
