"""Rows that can be scored: cut at the as-of time, typed, in the order of time, and not predicted before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.config.data import Data
from ratchet.data.chunks import Chunk
from ratchet.data.clock import Clock, count_moments
from ratchet.data.row_keys import Hashes, Keys
from ratchet.data.schemas import MOMENT, new_rows_schema
from ratchet.data.snapshot import Features, check_as_of, refuse_future
from ratchet.data.values import read_texts
from ratchet.errors import DataError
from ratchet.records.columns import EVENT_TIME, ROW, TIME
from ratchet.timeline import DAY, Moment

BLOCK_ROWS = 1_000_000  # of a partition where the data has no clock
Limit = Moment | None
Missing = tuple[str, ...]
Mask = NDArray[np.bool_]
NONE: Hashes = np.empty(0, np.uint64)


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
        self.schema = new_rows_schema(data, keys)
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
    return count_moments(rows.column(TIME if TIME in rows.schema.names else ROW))


def cut_by_partition(rows: pa.RecordBatch, moments: np.ndarray) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Cut rows that are in order where another partition begins: a day in UTC, or a block of rows."""
    has_clock = TIME in rows.schema.names or EVENT_TIME in rows.schema.names
    numbers = moments // (DAY if has_clock else BLOCK_ROWS)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
    for start, end in pairwise([*starts, len(numbers)]):
        yield partition_name(int(numbers[start]), has_clock=has_clock), rows.slice(start, end - start)


def partition_name(number: int, *, has_clock: bool) -> str:
    """Name a partition by its day since 1970, or by its block."""
    return f"date={np.datetime64(number, 'D')}" if has_clock else f"block={number:06d}"


class KnownRows:
    """Takes rows in the order of time; memory is that of the days of one batch, not of the source."""

    def __init__(self, read_known: Callable[[str], Hashes], *, has_entity: bool) -> None:
        """Start with no row seen.

        Args:
            read_known: from a partition's name to the first halves of the keys that were predicted in it.
            has_entity: whether keys name whom a row is about. Where they do, a row that repeats another in everything
                is the same row; where they don't, it may be about somebody else who looks alike.
        """
        self._read_known = read_known
        self._has_entity = has_entity
        self._known: dict[str, Hashes] = {}
        self._last_moment: int | None = None
        self._at_last_moment = NONE  # rows at other moments can't have the same key
        self.known = self.repeated = 0

    def judge(self, keys: Keys, moments: NDArray[np.int64], partitions: Sequence[str]) -> tuple[Keys, Mask]:
        """Return the keys of a batch, made unique, and a mask of the rows that are to be predicted."""
        if not len(moments):
            return keys, np.empty(0, bool)
        occurrences = self._count_occurrences(keys.first, moments)
        is_new = np.ones(len(moments), bool)
        if occurrences.any():
            keys = keys.numbered(occurrences)
            is_new = occurrences == 0 if self._has_entity else is_new
            self.repeated += int(np.count_nonzero(~is_new))
        is_known = _is_in(keys.first, self._predicted(partitions)) & is_new
        self.known += int(np.count_nonzero(is_known))
        return keys, is_new & ~is_known

    def _count_occurrences(self, keys: Hashes, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count for each row how many with its key came before, in this batch and in the ones before."""
        order = np.argsort(keys, kind="stable")
        in_order = keys[order]
        is_first = np.concatenate(([True], in_order[1:] != in_order[:-1]))
        places = np.arange(len(keys))
        occurrences = np.empty(len(keys), np.int64)
        occurrences[order] = places - np.maximum.accumulate(np.where(is_first, places, 0))
        before = self._at_last_moment
        if len(before):
            occurrences += np.searchsorted(before, keys, "right") - np.searchsorted(before, keys, "left")
        latest = keys[moments == moments[-1]]
        kept = before if moments[-1] == self._last_moment else NONE
        self._at_last_moment = np.sort(np.concatenate((kept, latest)), kind="stable")
        self._last_moment = int(moments[-1])
        return occurrences

    def _predicted(self, partitions: Sequence[str]) -> Hashes:
        """Return the sorted keys of these partitions; those of earlier ones are let go."""
        self._known = {
            name: self._known[name] if name in self._known else self._read_known(name) for name in partitions
        }
        return np.sort(np.concatenate((NONE, *self._known.values())))


def _is_in(keys: Hashes, known: Hashes) -> Mask:
    if not len(known):
        return np.zeros(len(keys), bool)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    found: Mask = known[places] == keys
    return found
