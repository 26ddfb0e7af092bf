"""Say what moved in a column."""

import numpy as np

from ratchet.drift.bins import Tally
from ratchet.drift.merging import finite_or_none
from ratchet.drift.ordered import deviation_of, quantiles_of
from ratchet.records.drift import CategoryShift, MovedBin, Movement
from ratchet.records.profile import ColumnBins, ColumnCounts

SHOWN_BINS = 3
SHOWN_CATEGORIES = 20
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEDIAN = QUANTILES.index(0.5)
LOST = 0.01  # highest probability that a category that is still there has no row


def describe_movement(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, rows: Tally) -> Movement:
    """Find the bins that moved most and, of a number, the shift of its middle and its range."""
    before, after = quantiles_of(bins, then, QUANTILES), quantiles_of(bins, now, QUANTILES)
    has_both = bool(before and after)
    return Movement(
        bins=_most_moved(rows),
        distribution=tuple(_moved_bin(rows, at) for at in range(len(rows.labels)) if rows.then[at] or rows.now[at]),
        mean_shift=_shift(then.moments.mean, now.moments.mean, then),
        median_shift=_shift(before[MEDIAN], after[MEDIAN], then) if has_both else None,
        quantiles=QUANTILES if before or after else (),
        quantiles_then=before,
        quantiles_now=after,
        lowest_then=then.lowest,
        highest_then=then.highest,
        lowest_now=now.lowest,
        highest_now=now.highest,
    )


def find_new_categories(bins: ColumnBins, now: ColumnCounts, rows: int) -> tuple[CategoryShift, ...]:
    """List the categories that the reference does not know, most frequent first."""
    known = {name.strip().casefold(): name for cell in bins.cells[::-1] for name in cell}
    ordered = sorted(now.new_categories, key=lambda each: (-each.rows, each.name))[:SHOWN_CATEGORIES]
    return tuple(
        CategoryShift(name=each.name, share=each.rows / rows, like=known.get(each.name.strip().casefold()))
        for each in ordered
    )


def find_lost_categories(
    bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, rows: tuple[int, int]
) -> tuple[CategoryShift, ...]:
    """List the named categories of the reference that the window lacks, other than by chance."""
    lost = [
        CategoryShift(name=cell[0], share=before / rows[0])
        for cell, before, after in zip(bins.cells, then.cells, now.cells, strict=False)
        if len(cell) == 1 and not after and (1 - before / rows[0]) ** rows[1] <= LOST
    ]
    return tuple(sorted(lost, key=lambda each: (-each.share, each.name))[:SHOWN_CATEGORIES])


def _most_moved(rows: Tally) -> tuple[MovedBin, ...]:
    """Order bins by their part of the population stability index, an empty one taken as half a row."""
    then, now = rows.then / rows.then.sum(), rows.now / rows.now.sum()
    floor_then, floor_now = 0.5 / rows.then.sum(), 0.5 / rows.now.sum()
    parts = (now - then) * np.log(np.maximum(now, floor_now) / np.maximum(then, floor_then))
    order = [int(at) for at in np.argsort(-parts, kind="stable")[:SHOWN_BINS] if then[at] != now[at]]
    return tuple(_moved_bin(rows, at) for at in order)


def _moved_bin(rows: Tally, at: int) -> MovedBin:
    then, now = float(rows.then[at] / rows.then.sum()), float(rows.now[at] / rows.now.sum())
    return MovedBin(label=rows.labels[at], then=then, now=now)


def _shift(before: float | None, after: float | None, then: ColumnCounts) -> float | None:
    scale = deviation_of(then)
    if before is None or after is None or not scale:
        return None
    return finite_or_none((after - before) / scale)
