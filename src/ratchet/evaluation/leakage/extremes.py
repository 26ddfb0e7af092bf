"""Columns that are the most, the least, the spread or the sum of later targets: of all rows, or thing by thing."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ratchet.evaluation.leakage.material import Floats, Ints, Material
from ratchet.evaluation.leakage.memory import list_things
from ratchet.records.leakage import Finding, LeakKind, Strength

LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 20, 24, 28, 30)  # an hour of ten minutes, a day, a week, a month
STATISTICS = ("max", "min", "std", "sum")
ROWS_USED = 3_000  # the newest: 14 lengths of four statistics, both ways, four times, take half a second
FEWEST_ROWS = 300
ROWS_A_THING = 20
EXACT = 0.99  # of the variance: computed of just these rows, but for how it begins and ends
BETTER = 0.2  # of what the same windows over earlier rows leave
GAIN = 0.02


def find_extremes(material: Material) -> list[Finding]:
    """Find columns that are a statistic of a window over later targets, and of none over earlier ones."""
    newest = np.sort(np.argsort(material.all_order, kind="stable")[-ROWS_USED:])
    can_be_told = len(newest) >= FEWEST_ROWS and bool(material.numbers) and material.has_order
    return _find_among(material, newest) if can_be_told else []


def _find_among(material: Material, newest: Ints) -> list[Finding]:
    names = material.numbers
    columns = np.column_stack([material.joined(name)[newest] for name in names])
    labels, order = material.all_labels[newest], material.all_order[newest]
    found: dict[str, Finding] = {}
    for blocks in _list_blocks(material, newest):
        at = np.lexsort((order, blocks))
        past, future = _explain(columns[at], labels[at], blocks[at])
        is_ahead = (future >= EXACT) & (1 - future < BETTER * (1 - past)) & (future - past > GAIN)
        for place in np.flatnonzero(is_ahead):
            found.setdefault(names[place], _report(names[place], float(future[place]), float(past[place])))
    return list(found.values())


def _list_blocks(material: Material, rows: Ints) -> Iterator[Ints]:
    """Give which rows are about one thing: all, and those that a column holds together."""
    yield np.zeros(len(rows), dtype=np.int64)
    yield from list_things(material, rows, rows_a_thing=ROWS_A_THING)


def _explain(columns: Floats, labels: Floats, blocks: Ints) -> tuple[Floats, Floats]:
    """Return how much of each column's variance the best window over earlier targets explains, and over later ones."""
    past = _best(columns, labels, blocks)
    return past, _best(columns[::-1], labels[::-1], blocks[::-1])


def _best(columns: Floats, labels: Floats, blocks: Ints) -> Floats:
    best = np.zeros(columns.shape[1])
    by_thing = pd.Series(labels).groupby(blocks, sort=False)
    before = by_thing.shift(1).groupby(blocks, sort=False)
    for length in LENGTHS:
        window = before.rolling(length, min_periods=1)
        for statistic in STATISTICS:
            made = getattr(window, statistic)().droplevel(0).sort_index().to_numpy()
            best = np.maximum(best, _share_explained(columns, made))
    return best


def _share_explained(columns: Floats, made: Floats) -> Floats:
    """Return the squared correlation of each column with what was made, over the rows that have both."""
    known = np.isfinite(columns) & np.isfinite(made)[:, None]
    count = np.maximum(known.sum(axis=0), 1)
    ours, theirs = np.where(known, columns, 0.0), np.where(known, np.nan_to_num(made)[:, None], 0.0)
    ours = np.where(known, ours - ours.sum(axis=0) / count, 0.0)
    theirs = np.where(known, theirs - theirs.sum(axis=0) / count, 0.0)
    with np.errstate(all="ignore"):
        explained = (ours * theirs).sum(axis=0) ** 2 / ((ours**2).sum(axis=0) * (theirs**2).sum(axis=0))
    return np.where(np.isfinite(explained) & (known.mean(axis=0) >= 0.5), explained, 0.0)


def _report(name: str, future: float, past: float) -> Finding:
    reason = (
        f"'{name}' is the most, the least, the spread or the sum of later rows' targets: one explains {future:.1%} "
        f"of it, and none of earlier rows more than {past:.1%}; {EXACT:.0%} is no chance"
    )
    return Finding(
        kind=LeakKind.WHOLE_TABLE,
        columns=(name,),
        strength=Strength.SUSPECTED,
        measured=future,
        limit=EXACT,
        reason=reason,
    )
