"""Where the rows of a category are counted."""

from collections.abc import Mapping

import numpy as np

from ratchet.records.profile import ColumnBins

NAMED = 50  # categories with a cell each
GROUPS = 10  # cells that the other known ones share
SMALLEST_BIN = 0.01  # share of the rows below which neighbouring cells become one bin


def choose_categories(name: str, kind: str, counts: Mapping[str, int], *, is_open: bool) -> ColumnBins:
    """Give the most frequent categories a cell each, and the rest cells in groups of about as many rows each."""
    ordered = sorted(counts, key=lambda category: (-counts[category], category))
    named, others = ordered[:NAMED], [] if is_open else ordered[NAMED:]
    groups = _group(others, np.array([counts[category] for category in others], float))
    rows = [counts[category] for category in named] + [sum(counts[each] for each in group) for group in groups]
    return ColumnBins(
        name=name,
        kind=kind,
        categories=tuple(named),
        rest=groups,
        is_open=is_open,
        starts=_choose_starts(rows, sum(counts.values())),
    )


def _group(others: list[str], rows: np.ndarray) -> tuple[tuple[str, ...], ...]:
    if not others:
        return ()
    places = np.minimum((np.cumsum(rows) - rows) / rows.sum() * GROUPS, GROUPS - 1).astype(int)
    groups = [tuple(each for each, at in zip(others, places, strict=True) if at == place) for place in range(GROUPS)]
    return tuple(group for group in groups if group)


def _choose_starts(rows: list[int], total: int) -> tuple[int, ...]:
    starts, collected = [0], 0
    for cell, count in enumerate(rows):
        if collected >= SMALLEST_BIN * total and collected:
            starts.append(cell)
            collected = 0
        collected += count
    return tuple(starts)
