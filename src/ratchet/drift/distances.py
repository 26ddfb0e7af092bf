"""From the cells of two profiles to the bins that are compared, and distances between counts in the same bins.

Rows of `now` may be many draws at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ratchet.drift.conversion import Counts, Floats
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins, ColumnCounts

Measure = Callable[[Counts, Counts], Floats]  # counts then and now, bins along the last axis, to one figure a draw
EMPTY = 0.5  # rows that an empty bin counts as, so that the index stays finite and its size follows the rows
PSI, EXTRAS = "psi", "extras"
# what comes after the bins of a number, and after those of a category
INFINITE, UNKNOWN = ("-infinity", "+infinity", "null"), ("new categories", "null")
Span = tuple[int, int]  # the first cell of a bin, and the first one behind it


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


def _relative_entropy(shares: Floats, middle: Floats) -> Floats:
    ratio = np.divide(shares, middle, out=np.ones_like(middle), where=shares > 0)
    return np.asarray((shares * np.log(ratio)).sum(axis=-1))


def _shares(counts: Counts, empty: float = 0.0) -> Floats:
    rows = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return np.asarray(np.where(counts > 0, counts, empty) / rows, np.float64)


# Measured of every column beside the index, each with its p-value; they inform and decide nothing.
DISTANCES: dict[str, Measure] = {"chi_square": measure_chi_square, "jensen_shannon": measure_jensen_shannon}


def _psi_of_bins(then: Counts, now: Counts) -> Floats:
    is_used = (then > 0) | (now > 0)
    before, after = _shares(then, EMPTY), _shares(now, EMPTY)
    return np.asarray(np.where(is_used, (after - before) * np.log(after / before), 0.0))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Rows in each bin, then and now.

    Attributes:
        labels: what each bin holds.
        then: the reference's rows.
        now: the window's rows.
        ordered: how many of the bins, from the first, hold finite numbers in their order; 0 for categories.
        extras: how many of the bins, from the last, hold null, infinities and new categories.
    """

    labels: tuple[str, ...]
    then: Counts
    now: Counts
    ordered: int
    extras: int


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


def tally(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts) -> Tally:
    """Add cells up into bins; null, the infinities and new categories have bins of their own.

    The reference's own rows hold no category that the reference does not know. As many as are there once are to be
    expected to be new in as many rows (Good 1953), and are counted as new then.
    """
    is_number = bins.kind == ColumnKind.NUMERIC
    spans = _spans_of(bins, len(then.cells))
    label, extras = (label_number, INFINITE) if is_number else (label_category, UNKNOWN)
    before = _add_up(then, spans, is_number=is_number)
    if not (is_number or then.unknown):
        _expect_new(bins, spans, before)
    return Tally(
        labels=(*(label(bins, *span) for span in spans), *extras),
        then=before,
        now=_add_up(now, spans, is_number=is_number),
        ordered=len(spans) * is_number,
        extras=len(extras),
    )


def _spans_of(bins: ColumnBins, cells: int) -> list[Span]:
    return list(zip(bins.starts, (*bins.starts[1:], cells), strict=True)) if cells else []


def _expect_new(bins: ColumnBins, spans: list[Span], counts: Counts) -> None:
    """Move as many of the reference's rows to the new categories as are to be expected there."""
    known = counts[: len(spans)]
    if not spans or known.sum() < sum(bins.once):
        return
    once = np.array([sum(bins.once[start:end]) for start, end in spans])
    once = np.minimum(known, once * int(known.sum()) // max(bins.rows, 1))
    known -= once
    counts[len(spans)] += once.sum()


def _add_up(counts: ColumnCounts, spans: list[Span], *, is_number: bool) -> Counts:
    rows = [sum(counts.cells[start:end]) for start, end in spans]
    infinite = [counts.minus_infinite, counts.plus_infinite]
    return np.array([*rows, *(infinite if is_number else [counts.unknown]), counts.nulls], np.int64)


def label_number(bins: ColumnBins, start: int, end: int) -> str:
    """Say which numbers the cells from `start` up to `end` hold."""
    if not bins.edges:
        return "any number (the reference has none)"
    if end == 1:
        return f"below {_next(bins.edges[0]):.6g}, the reference's lowest"
    if start == len(bins.edges):
        return f"above {bins.edges[-1]:.6g}, the reference's highest"
    low, high = bins.edges[start - 1], bins.edges[end - 1]
    if high == _next(low):
        return f"exactly {high:.6g}"
    return f"{_opening(bins.edges, start)} to {_closing(bins.edges, end)}"


def _opening(edges: tuple[float, ...], start: int) -> str:
    """Name where a bin begins: an edge belongs to the bin below it, but for one just before a value."""
    low = edges[start - 1]
    first = _next(low)
    return f"{first:.6g}" if start == 1 or edges[start] == first else f"above {low:.6g}"


def _closing(edges: tuple[float, ...], end: int) -> str:
    high = edges[end - 1]
    is_before = end < len(edges) and edges[end] == _next(high)
    return f"below {edges[end]:.6g}" if is_before else f"{high:.6g}"


def _next(edge: float) -> float:
    """Return the number just above an edge; never -0."""
    return float(np.nextafter(edge, np.inf)) + 0.0


def label_category(bins: ColumnBins, start: int, end: int) -> str:
    """Say which categories the cells from `start` up to `end` hold."""
    names = [name for cell in bins.cells[start:end] for name in cell]
    if len(names) == 1:
        return f"'{names[0]}'"
    return f"{len(names)} rarer categories like '{names[0]}'"
