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
    cells: list[tuple[str, ...]] = [(category,) for category in alone]
    starts = list(range(len(alone)))
    for members in _group(ordered[len(alone) :], counts, least):
        starts.append(len(cells))
        cells += _cells_of(members, set(ordered[:NAMED]))
    return ColumnBins(
        name=name,
        kind=kind,
        cells=tuple(cells),
        once=_count_once(cells, counts),
        rows=rows,
        starts=tuple(starts) or (0,),
    )


def _group(rare: list[str], counts: Mapping[str, int], least: float) -> list[list[str]]:
    """Put rare categories together by a hash, into groups that are expected to have as many rows as a bin needs."""
    rows = sum(counts[category] for category in rare)
    groups: list[list[str]] = [[] for _ in range(max(1, min(GROUPS, int(rows / least))))]
    for category in rare:
        groups[zlib.crc32(category.encode("utf-8", "replace")) % len(groups)].append(category)
    return [members for members in groups if members]


def _count_once(cells: list[tuple[str, ...]], counts: Mapping[str, int]) -> tuple[int, ...]:
    """Count, for each cell, the rows whose category no other row has."""
    return tuple(sum(counts[each] == 1 for each in cell) for cell in cells)


def _cells_of(members: list[str], named: set[str]) -> list[tuple[str, ...]]:
    others = tuple(category for category in members if category not in named)
    return [*((category,) for category in members if category in named), *([others] if others else [])]
