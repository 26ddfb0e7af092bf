"""Columns that are the most, the least, the spread or the sum of later targets: of all rows, or thing by thing."""

from collections.abc import Iterator

import numpy as np

from ratchet.evaluation.leakage.material import Floats, Ints, Material
from ratchet.evaluation.leakage.memory import list_things
from ratchet.records.leakage import Finding, LeakKind, Strength

LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 20, 24, 28, 30)  # an hour of ten minutes, a day, a week, a month
ROWS_USED = 3_000  # the newest: 14 lengths of four statistics, both ways, four times, take a tenth of a second
FEWEST_ROWS = 300
ROWS_A_THING = 20
EXACT = 0.99  # of the variance: computed of just these rows, but for how it begins and ends
BETTER = 0.2  # of what the same windows over earlier rows leave
GAIN = 0.02
ROUNDING = 1e-12


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
    """Return how much of each column's variance the best of all windows over the targets before explains."""
    return np.asarray(_share_explained(columns, _make_windows(labels, blocks)).max(axis=1), dtype=np.float64)


def _make_windows(labels: Floats, blocks: Ints) -> Floats:
    """Return a column for each length and statistic, of the targets before each row in its block; NaN where none is."""
    before = np.full((max(LENGTHS), len(labels)), np.nan)
    for back in range(1, min(max(LENGTHS), len(labels) - 1) + 1):
        before[back - 1, back:] = np.where(blocks[back:] == blocks[:-back], labels[:-back], np.nan)
    known = np.isfinite(before)
    counts, sums = known.cumsum(axis=0), np.where(known, before, 0.0).cumsum(axis=0)
    places = [length - 1 for length in LENGTHS]
    most, least = (extreme.accumulate(before, axis=0)[places] for extreme in (np.fmax, np.fmin))
    total = np.where(counts > 0, sums, np.nan)[places]
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = [
            np.sqrt(np.nansum((before[: at + 1] - sums[at] / counts[at]) ** 2, axis=0) / (counts[at] - 1))
            for at in places
        ]
    return np.vstack([most, least, np.where(counts[places] > 1, spread, np.nan), total]).T


def _share_explained(columns: Floats, made: Floats) -> Floats:
    """Return the squared correlation of each column with each window, over the rows that have both."""
    (ours, has_ours), (theirs, has_theirs) = _center(columns), _center(made)
    count = np.maximum(has_ours.T @ has_theirs, 1.0)
    our_sum, their_sum = ours.T @ has_theirs, has_ours.T @ theirs
    our_squares, their_squares = (ours**2).T @ has_theirs, has_ours.T @ theirs**2
    our_variance, their_variance = our_squares - our_sum**2 / count, their_squares - their_sum**2 / count
    # What is left of a constant is rounding.
    varies = (our_variance > ROUNDING * our_squares) & (their_variance > ROUNDING * their_squares)
    with np.errstate(all="ignore"):
        explained = (ours.T @ theirs - our_sum * their_sum / count) ** 2 / (our_variance * their_variance)
    return np.where(varies & np.isfinite(explained) & (count >= len(columns) / 2), explained, 0.0)


def _center(values: Floats) -> tuple[Floats, Floats]:
    """Return values around their mean, 0 where unknown, and which are known as 1 and 0."""
    known = np.isfinite(values)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, values - mean, 0.0), known.astype(np.float64)


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
