"""Cut rows into stretches as long as a window, and profile each."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from ratchet.drift.conversion import Counts
from ratchet.drift.merging import merge_profiles
from ratchet.drift.profiles import profile_rows
from ratchet.records.profile import Profile, Reference

MOST_STRETCHES = 26  # half a year of weeks; of a longer reference so many, evenly spread
NO_STRETCH = -1


def number_stretches(moments: Counts, span: int) -> Counts:
    """Return the number of the stretch that each row is in, in order of time; `NO_STRETCH` for rows in none.

    A last stretch that is not full is none, and of very many stretches only some are taken.

    Args:
        moments: of each row, in any order: microseconds, or row numbers.
        span: the length of a stretch, in the same unit.
    """
    if not len(moments):
        return np.empty(0, np.int64)
    first, last = int(moments.min()), int(moments.max())
    full = max(1, (last - first + 1) // max(span, 1))
    numbers = (moments - first) // max(span, 1)
    taken = np.unique(np.linspace(0, full - 1, min(full, MOST_STRETCHES)).round().astype(np.int64))
    return np.where(np.isin(numbers, taken), numbers, NO_STRETCH)


def profile_stretches(batches: Iterable[pa.RecordBatch], numbers: Counts, reference: Reference) -> tuple[Profile, ...]:
    """Profile each stretch of rows in one pass.

    Args:
        batches: the rows.
        numbers: the number of each row's stretch, in the order of the rows.
        reference: the bins.
    """
    parts: dict[int, list[Profile]] = {}
    start = 0
    for batch in batches:
        here = numbers[start : start + batch.num_rows]
        start += batch.num_rows
        for number in np.unique(here[here != NO_STRETCH]).tolist():
            piece = batch.filter(pa.array(here == number))
            parts.setdefault(number, []).append(profile_rows([piece], reference))
    return tuple(merge_profiles(parts[number]) for number in sorted(parts))
