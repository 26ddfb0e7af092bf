"""Where the rows of a category are counted.

Rare categories share bins, and are put together by a hash of their names: a group of the rarest ones would be rare by
bad luck as well, and have more rows in any window than in the reference.
"""

import zlib
from collections.abc import Mapping

from ratchet.records.profile import ColumnBins

NAMED = 50  # categories with a cell each
GROUPS = 10  # bins that rare categories share at most
LEAST_SHARE, LEAST_ROWS = 0.01, 20  # what a bin needs


def choose_categories(name: str, kind: str, counts: Mapping[str, int]) -> ColumnBins:
    """Give frequent categories a bin each, and the rest bins that they share; the most frequent have cells."""
    ordered = sorted(counts, key=lambda category: (-counts[category], category))
    rows = sum(counts.values())
    least = max(LEAST_SHARE * rows, LEAST_ROWS)
    alone = [category for category in ordered[:NAMED] if counts[category] >= least]
    rare = ordered[len(alone) :]
    groups = max(1, min(GROUPS, int(sum(counts[category] for category in rare) / least)))
    cells: list[tuple[str, ...]] = [(category,) for category in alone]
    starts = list(range(len(alone)))
    for group in range(groups):
        members = [category for category in rare if zlib.crc32(category.encode("utf-8", "replace")) % groups == group]
        if members:
            starts.append(len(cells))
            cells += _cells_of(members, set(ordered[:NAMED]))
    return ColumnBins(
        name=name,
        kind=kind,
        cells=tuple(cells),
        once=tuple(sum(counts[each] == 1 for each in cell) for cell in cells),
        rows=rows,
        starts=tuple(starts) or (0,),
    )


def _cells_of(members: list[str], named: set[str]) -> list[tuple[str, ...]]:
    others = tuple(category for category in members if category not in named)
    return [*((category,) for category in members if category in named), *([others] if others else [])]
