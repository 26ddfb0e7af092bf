"""From raw rows to rows that can be scored: cut at the as-of time, typed, and in the order of time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.data import Data
from ratchet.data.chunks import Chunk
from ratchet.data.clock import MOMENT, Clock
from ratchet.data.intake import Features, check_as_of, refuse_future
from ratchet.data.values import TYPES, read_texts
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TIME
from ratchet.timeline import DAY, Moment

BLOCK_ROWS = 1_000_000  # of a partition where the data has no clock
Limit = Moment | None
Missing = tuple[str, ...]


class OutOfOrderError(Exception):
    """A row is earlier than one before it: the source must be sorted first."""


class NewRows:
    """Takes chunks one by one, as training's intake does, but without a target."""

    def __init__(
        self,
        data: Data,
        keys: Sequence[str],
        *,
        started: datetime,
        as_of: Limit,
        newer_than: Limit,
        missing: tuple[str, ...],
    ):
        """Start with nothing taken.

        Args:
            data: what columns mean.
            keys: columns that are kept as texts beside the features.
            started: when the run began.
            as_of: only rows up to this moment, or so many rows.
            newer_than: only rows later than this moment, or from this row on.
            missing: texts that stand for no value.

        Raises:
            DataError: the as-of is of the wrong kind for this data.
        """
        self._data = data
        self._keys = keys
        self._started = started
        self._as_of = check_as_of(data, as_of)
        self._newer_than = newer_than
        self._missing = missing
        self._clock = Clock(data.time)
        self._features = Features(data, missing)
        self.schema = make_schema(data, keys)
        self.seen = self.old = 0

    @property
    def is_full(self) -> bool:
        """Whether the as-of is a number of rows, and so many were seen."""
        return isinstance(self._as_of, int) and self.seen >= self._as_of

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was accepted with a remark."""
        return self._clock.warnings

    def take(self, chunk: Chunk) -> pa.RecordBatch:
        """Return the rows of a chunk that may be scored.

        Raises:
            DataError: naming file, row, column and value of the first that can't be used.
        """
        return self.take_beside(chunk)[0]

    def take_beside(self, chunk: Chunk) -> tuple[pa.RecordBatch, Chunk]:
        """Return the rows of a chunk that may be scored, and the same rows as they were read.

        Raises:
            DataError: naming file, row, column and value of the first that can't be used.
        """
        self.seen += chunk.rows.num_rows
        rows, times = self._cut(chunk)
        columns = {TIME: times} if times is not None else {}
        columns[ROW] = rows.rows.column(ROW)
        columns |= {name: self._features.read(rows, name) for name in self._data.features}
        columns |= {name: read_texts(rows, name, self._missing) for name in self._keys}
        typed = pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)
        return typed, rows

    def verify(self) -> None:
        """Refuse a source without a row.

        Raises:
            DataError: it has none.
        """
        if not self.seen:
            raise DataError("the source has no rows: nothing can be scored; was an empty file delivered?")

    def _cut(self, chunk: Chunk) -> tuple[Chunk, pa.TimestampArray | None]:
        times = self._clock.read_times(chunk)
        if times is not None and self._as_of is None:
            refuse_future(chunk, self._data, times, self._started)
        moments = times if times is not None else chunk.rows.column(ROW)
        is_wanted = self._is_wanted(moments)
        if is_wanted is None:
            return chunk, times
        return chunk.only(is_wanted), None if times is None else times.filter(is_wanted)

    def _is_wanted(self, moments: pa.Array) -> pa.BooleanArray | None:
        """Mark rows within the as-of that are new; None when every row is."""
        is_new, is_known = _is_later(moments, self._newer_than), _is_within(moments, self._as_of)
        if is_new is None:
            return is_known
        self.old += len(is_new) - is_new.true_count
        return is_new if is_known is None else pc.and_(is_new, is_known)


def _is_later(moments: pa.Array, limit: Limit) -> pa.BooleanArray | None:
    if isinstance(limit, datetime):
        return pc.greater(moments, pa.scalar(limit, MOMENT))
    return None if limit is None else pc.greater_equal(moments, limit)  # row numbers begin at 0


def _is_within(moments: pa.Array, limit: Limit) -> pa.BooleanArray | None:
    if isinstance(limit, datetime):
        return pc.less_equal(moments, pa.scalar(limit, MOMENT))
    return None if limit is None else pc.less(moments, limit)


def make_schema(data: Data, keys: Sequence[str]) -> pa.Schema:
    """Return the columns of rows to score: time, row, features, keys."""
    fields = [pa.field(TIME, MOMENT)] if data.has_clock else []
    fields.append(pa.field(ROW, pa.int64()))
    fields += [pa.field(name, TYPES[kind]) for name, kind in data.features.items()]
    fields += [pa.field(name, pa.string()) for name in keys]
    return pa.schema(fields)


def follow_time(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Give the batches that have rows, each in the order of time, and when their rows happened.

    Raises:
        OutOfOrderError: a batch begins before the end of the one before it.
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


def cut_by_partition(rows: pa.RecordBatch, moments: np.ndarray) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Cut rows that are in order where another partition begins: a day in UTC, or a block of rows."""
    has_clock = TIME in rows.schema.names or "event_time" in rows.schema.names
    numbers = moments // (DAY if has_clock else BLOCK_ROWS)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
    for start, end in pairwise([*starts, len(numbers)]):
        yield partition_name(int(numbers[start]), has_clock=has_clock), rows.slice(start, end - start)


def partition_name(number: int, *, has_clock: bool) -> str:
    """Name a partition by its day since 1970, or by its block."""
    return f"date={np.datetime64(number, 'D')}" if has_clock else f"block={number:06d}"
