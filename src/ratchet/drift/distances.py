"""Distances between counts in the same bins; rows of `now` may be many draws at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ratchet.drift.bins import Tally
from ratchet.drift.conversion import Counts, Floats

Measure = Callable[[Counts, Counts], Floats]  # counts then and now, bins along the last axis, to one figure a draw
EMPTY = 0.5  # rows that an empty bin counts as, so that the index stays finite and its size follows the rows
PSI, EXTRAS = "psi", "extras"


def measure_psi(then: Counts, now: Counts) -> Floats:
    """Return the population stability index (Siddiqi 2006); a bin that only one side has counts as half a row there."""
    return np.asarray(_psi_of_bins(then, now).sum(axis=-1))


def make_extra_psi(extras: int) -> Measure:
    """Return the part of the population stability index that lies in the last so many bins."""

    def measure(then: Counts, now: Counts) -> Floats:
        return np.asarray(_psi_of_bins(then, now)[..., -extras:].sum(axis=-1))

    return measure


def measure_chi_square(then: Counts, now: Counts) -> Floats:
    """Return Pearson's statistic of the table of two rows."""
    rows_then, rows_now = then.sum(axis=-1, keepdims=True), now.sum(axis=-1, keepdims=True)
    both = np.asarray(then + now, np.float64)
    share = rows_now / (rows_then + rows_now)
    # both cells of a bin are off by the same number of rows
    apart = (now - both * share) ** 2
    weight = np.divide(1.0, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray((apart * weight).sum(axis=-1) / (share * (1 - share))[..., 0])


def measure_jensen_shannon(then: Counts, now: Counts) -> Floats:
    """Return the Jensen-Shannon distance, natural logarithm: the square root of the divergence."""
    before, after = _shares(then), _shares(now)
    middle = (before + after) / 2
    divergence = (_relative_entropy(before, middle) + _relative_entropy(after, middle)) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0)))


# Measured of every column beside the index, each with its p-value; they inform and decide nothing.
DISTANCES: dict[str, Measure] = {"chi_square": measure_chi_square, "jensen_shannon": measure_jensen_shannon}


def _psi_of_bins(then: Counts, now: Counts) -> Floats:
    is_used = (then > 0) | (now > 0)
    before, after = _shares(then, EMPTY), _shares(now, EMPTY)
    return np.asarray(np.where(is_used, (after - before) * np.log(after / before), 0.0))


def _shares(counts: Counts, empty: float = 0.0) -> Floats:
    rows = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return np.asarray(np.where(counts > 0, counts, empty) / rows, np.float64)


def _relative_entropy(shares: Floats, middle: Floats) -> Floats:
    ratio = np.divide(shares, middle, out=np.ones_like(middle), where=shares > 0)
    return np.asarray((shares * np.log(ratio)).sum(axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexParts:
    """A stability index less what chance gives, or the seasonal baseline of it.

    Attributes:
        values: the part of the bins of finite numbers, or of known categories.
        extras: the part of null, infinities and new categories.
    """

    values: float
    extras: float

    def beyond(self, baseline: "IndexParts | None") -> float:
        """Return by how much both parts together exceed the seasonal baseline, never below 0."""
        if baseline is None:
            return max(0.0, self.values + self.extras)
        return max(0.0, self.values - baseline.values) + max(0.0, self.extras - baseline.extras)


def measures_of_parts(counts: Tally) -> dict[str, Measure]:
    """Return the measures whose means `find_parts` needs."""
    return {PSI: measure_psi, EXTRAS: make_extra_psi(counts.extras)}


def find_parts(counts: Tally, by_chance: Mapping[str, float]) -> IndexParts:
    """Return the parts of the index, less their means by chance."""
    beyond = {
        name: float(measure(counts.then, counts.now)) - by_chance[name]
        for name, measure in measures_of_parts(counts).items()
    }
    return IndexParts(values=beyond[PSI] - beyond[EXTRAS], extras=beyond[EXTRAS])
