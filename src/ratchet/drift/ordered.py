"""Distances and quantiles that need the order of numbers, from counts in fine cells."""

from collections.abc import Callable

import numpy as np
from scipy.stats import kstwo

from ratchet.drift.conversion import Counts, Floats
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import Distance
from ratchet.records.profile import ColumnBins, ColumnCounts

ROUNDING = 1e-13  # of a number, some hundred times what a float can tell apart


def measure_kolmogorov_smirnov(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts) -> Distance | None:
    """Measure the Kolmogorov-Smirnov distance at the edges; None for categories, and when a side has no values.

    That of the rows is at least this and at most this plus `error`. So the p-value, that of as many rows whose
    distance is known exactly (Kolmogorov's distribution for n m / (n + m) rows), is never too small.
    """
    before, after = _cumulate(then), _cumulate(now)
    if bins.kind != ColumnKind.NUMERIC or not (before[-1] and after[-1]):
        return None
    share_then, share_now = before / before[-1], after / after[-1]
    value = float(np.abs(share_then - share_now).max())
    # within a cell one side may have all its rows before the other has any; a cell of one value has no inside
    inside = np.append(_widths(bins) != 0, False)
    crossed = np.maximum(np.abs(share_then[1:] - share_now[:-1]), np.abs(share_now[1:] - share_then[:-1]))
    highest = float(crossed[inside].max(initial=value))
    rows = max(1, round(float(before[-1] * after[-1] / (before[-1] + after[-1]))))
    return Distance(value=value, p_value=float(np.clip(kstwo.sf(value, rows), 0, 1)), error=highest - value)


def measure_wasserstein(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts) -> tuple[float, float] | None:
    """Measure the area between the distribution functions of the finite values, and its error.

    Both are in standard deviations of the reference; None where there is no such figure. Beyond the reference's range
    the sum of the values is known, so one far value counts for exactly what it is.
    """
    scale = deviation_of(then) or 0.0
    if not all((then.moments.count, now.moments.count, scale, bins.edges)):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        value, error = _area_within(np.array(bins.edges) / scale, then, now)
        for tail in (_tail_below, _tail_above):
            before, after = tail(bins, then), tail(bins, now)
            value += abs(before - after) / scale
            error += 2 * min(abs(before), abs(after)) / scale
    return (float(value), float(error)) if np.isfinite([value, error]).all() else None


def make_bin_wasserstein(bins: ColumnBins) -> Callable[[Counts, Counts], Floats]:
    """Return the Wasserstein distance between bins, each of whose rows stand in its middle."""
    edges = np.array(bins.edges) / 4  # so that no difference overflows
    bounds = edges[np.array(bins.starts[1:], int) - 1]
    middles = np.concatenate([bounds[:1], (bounds[1:] + bounds[:-1]) / 2, bounds[-1:]])
    gaps = np.diff(middles) / max(float(np.abs(middles).max(initial=0)), np.finfo(float).tiny)

    def measure(then: Counts, now: Counts) -> Floats:
        apart = _running_shares(then[..., : len(middles)]) - _running_shares(now[..., : len(middles)])
        return np.asarray((np.abs(apart[..., :-1]) * gaps).sum(axis=-1))

    return measure


def quantiles_of(bins: ColumnBins, counts: ColumnCounts, quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of the finite values, each good to its cell; empty when there are none."""
    if counts.lowest is None or counts.highest is None:
        return ()
    until = np.concatenate([[0], np.cumsum(counts.cells)])
    bounds = np.clip([counts.lowest, *bins.edges, counts.highest], counts.lowest, counts.highest)
    filled = np.concatenate([[True], np.diff(until) > 0])
    # an empty cell has no quantile: the next filled one starts where it is entered
    entered = np.concatenate([bounds[:-1][filled[1:]], bounds[-1:]])
    left = bounds[1:][filled[1:]]
    marks = until[filled]
    return tuple(_find_quantile(share * until[-1], marks, entered, left) for share in quantiles)


def deviation_of(counts: ColumnCounts) -> float | None:
    """Return the standard deviation of the finite values; None without any, and for a constant."""
    moments = counts.moments
    if not moments.count or not moments.squares:
        return None
    deviation = float(np.sqrt(moments.squares / moments.count))
    # what is left of a constant when its mean was rounded is no spread
    return None if deviation <= ROUNDING * abs(moments.mean or 0.0) else deviation


def _find_quantile(rows: float, marks: Counts, entered: Floats, left: Floats) -> float:
    at = int(np.clip(np.searchsorted(marks, rows, side="left") - 1, 0, len(left) - 1))
    share = (rows - marks[at]) / (marks[at + 1] - marks[at])
    return float(entered[at] * (1 - share) + left[at] * share)


def _cumulate(counts: ColumnCounts) -> Counts:
    return np.cumsum([counts.minus_infinite, *counts.cells, counts.plus_infinite])


def _widths(bins: ColumnBins) -> Floats:
    """Return 0 for cells that hold one value only."""
    if not bins.edges:
        return np.ones(1)
    edges = np.array(bins.edges)
    return np.concatenate([[1.0], np.where(edges[1:] == np.nextafter(edges[:-1], np.inf), 0.0, 1.0), [1.0]])


def _area_within(edges: Floats, then: ColumnCounts, now: ColumnCounts) -> tuple[float, float]:
    """Take values as evenly spread within their cell; the error is what any other spread could make of it."""
    before, after = _running_shares(np.array(then.cells))[:-1], _running_shares(np.array(now.cells))[:-1]
    apart, widths = before - after, np.diff(edges)
    first, last = np.abs(apart[:-1]), np.abs(apart[1:])
    crosses = apart[:-1] * apart[1:] < 0
    total = np.where(first + last > 0, first + last, 1.0)
    area = np.where(crosses, (first**2 + last**2) / total, first + last) / 2
    most = np.maximum(np.abs(before[1:] - after[:-1]), np.abs(after[1:] - before[:-1]))
    least = np.maximum(0.0, np.maximum(before[:-1] - after[1:], after[:-1] - before[1:]))
    error = np.maximum(most - area, area - least)
    return float((area * widths).sum()), float((error * widths).sum())


def _tail_below(bins: ColumnBins, counts: ColumnCounts) -> float:
    if not counts.cells[0]:
        return 0.0
    total = np.nan if counts.below is None else counts.below
    return float((counts.cells[0] * bins.edges[0] - total) / counts.moments.count)


def _tail_above(bins: ColumnBins, counts: ColumnCounts) -> float:
    if not counts.cells[-1]:
        return 0.0
    total = np.nan if counts.above is None else counts.above
    return float((total - counts.cells[-1] * bins.edges[-1]) / counts.moments.count)


def _running_shares(counts: Counts) -> Floats:
    rows = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return np.asarray(np.cumsum(counts, axis=-1) / rows)
