"""When rows happened, as whole numbers: the order of time, and the partitions that it is cut into."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ratchet.records.columns import ROW, TIME

BLOCK_ROWS = 1_000_000  # of a partition where the data has no clock
MICROSECOND = timedelta(microseconds=1)
DAY_MICROSECONDS = timedelta(days=1) // MICROSECOND


class OutOfOrderError(Exception):
    """A row is earlier than one before it: the source must be sorted first."""


def follow_time(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Yield batches in the order of time within, and their moments.

    Raises:
        OutOfOrderError: one begins before the one before it ended.
    """
    latest: int | None = None
    for unsorted in batches:
        if not unsorted.num_rows:
            continue
        rows = sort_rows(unsorted)
        moments = moments_of(rows)
        if latest is not None and moments[0] < latest:
            raise OutOfOrderError
        latest = int(moments[-1])
        yield rows, moments


def sort_rows(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Put the rows of a batch in the order of time; most sources are so already."""
    moments = moments_of(rows)
    if len(moments) < 2 or bool(np.all(moments[:-1] <= moments[1:])):
        return rows
    return rows.take(pa.array(np.argsort(moments, kind="stable")))


def moments_of(rows: pa.RecordBatch) -> np.ndarray:
    """Return when each row happened, in microseconds; without a clock, its number."""
    name = TIME if TIME in rows.schema.names else ROW
    moments: np.ndarray = rows.column(name).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return moments


def number_of(moment: datetime | int | None) -> int | None:
    """Return a time in microseconds; None for anything else: a row's number in another source says nothing."""
    if not isinstance(moment, datetime):
        return None
    return int(np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us").astype(np.int64))


def time_of(moment: int) -> datetime:
    """Return the time of a number of microseconds."""
    return datetime.fromtimestamp(0, UTC) + moment * MICROSECOND


def cut_by_partition(rows: pa.RecordBatch, moments: np.ndarray) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Cut rows that are in order where another partition begins: a day in UTC, or a block of rows."""
    has_clock = TIME in rows.schema.names or "event_time" in rows.schema.names
    numbers = moments // (DAY_MICROSECONDS if has_clock else BLOCK_ROWS)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
    for start, end in pairwise([*starts, len(numbers)]):
        yield partition_name(int(numbers[start]), has_clock=has_clock), rows.slice(start, end - start)


def partition_name(number: int, *, has_clock: bool) -> str:
    """Name a partition by its day since 1970, or by its block."""
    return f"date={np.datetime64(number, 'D')}" if has_clock else f"block={number:06d}"
