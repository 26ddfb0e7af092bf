"""A snapshot: raw rows cut at the as-of time, labelled and typed; written in order, with a digest of their content."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratchet.artifacts.frames import ROW_GROUP
from ratchet.config.data import Data, TimeColumn
from ratchet.config.run import Run
from ratchet.data.chunks import Chunk
from ratchet.data.clock import Clock
from ratchet.data.labels import Labels
from ratchet.data.schemas import MOMENT, snapshot_schema
from ratchet.data.values import read_texts, read_values
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TIME, ColumnKind
from ratchet.timeline import Moment

CLOCK_SKEW = timedelta(days=1)  # how far ahead of ours the clocks of a source may run
MAX_CELLS = 1 << 22  # of one piece: bounds the memory of wide tables
SORT_MEMORY = "256MB"  # beyond it DuckDB sorts on disk


class Features:
    """Reads features by their types, and remembers their categories."""

    def __init__(self, data: Data, missing: tuple[str, ...]) -> None:
        """Start with no category seen."""
        self._data = data
        self._missing = missing
        categories = [name for name, kind in data.features.items() if kind == ColumnKind.CATEGORICAL]
        self._seen: dict[str, set[str]] = {name: set() for name in categories}

    def read(self, chunk: Chunk, name: str) -> pa.Array:
        """Return a feature of a chunk.

        Raises:
            DataError: naming the first value that is not of its type, or a category with too many values.
        """
        values = read_values(chunk, name, self._data.features[name], self._missing, form=self._data.format_of(name))
        if name in self._seen:
            self._count(chunk, name, values)
        return values

    def _count(self, chunk: Chunk, name: str, values: pa.StringArray) -> None:
        seen, limit = self._seen[name], self._data.checks.max_categories
        seen.update(pc.unique(values.drop_null()).to_pylist())
        if len(seen) > limit:
            raise DataError(
                f"{chunk.origin}: column '{name}' has more than {limit} different values (`data.checks.max_categories`)"
                "; a number or an id is not `categorical`"
            )


class Intake:
    """Takes chunks one by one, and remembers what only the whole source can show."""

    def __init__(self, run: Run, missing: tuple[str, ...]) -> None:
        """Start with nothing taken.

        Raises:
            DataError: the as-of is of the wrong kind for this data.
        """
        self._data = run.config.data
        self._started = run.started
        self._as_of = check_as_of(self._data, run.as_of)
        self._missing = missing
        self._keys = [name for name in self._data.keys if name != self._data.target.column]
        self._clock = Clock(self._data.time)
        target = self._data.target
        self._labels = Labels(target, run.config.task, missing, form=self._data.format_of(target.column))
        self._features = Features(self._data, missing)
        self.schema = snapshot_schema(run.config)
        self.rows = self._seen = 0
        self.is_sorted = True
        self.time_from: datetime | None = None
        self.time_to: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether the as-of is a number of rows, and so many were seen."""
        return isinstance(self._as_of, int) and self._seen >= self._as_of

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was accepted with a remark."""
        short = isinstance(self._as_of, int) and self._seen < self._as_of
        sentence = f"as of {self._as_of} rows was asked for, and the source has {self._seen}"
        return (*self._clock.warnings, *self._labels.warnings, *([sentence] if short else []))

    def take(self, chunk: Chunk) -> pa.RecordBatch:
        """Return a chunk's rows as they stand in the snapshot.

        Raises:
            DataError: naming file, row, column and value of the first that can't be used.
        """
        self._seen += chunk.rows.num_rows
        known, times = self._cut(chunk)
        labels = self._labels.read(known)
        is_labelled = pc.is_valid(labels)
        rows = known.only(is_labelled)
        columns = {TIME: times.filter(is_labelled)} if times is not None else {}
        columns[ROW] = rows.rows.column(ROW)
        columns |= {name: self._features.read(rows, name) for name in self._data.features}
        columns[self._data.target.column] = labels.filter(is_labelled)
        columns |= {name: read_texts(rows, name, self._missing) for name in self._keys}
        batch = pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)
        self._remember(batch)
        return batch

    def verify(self) -> None:
        """Refuse a source that is too small or has nothing to learn.

        Raises:
            DataError: saying what was found.
        """
        # In this order: where labels are missing, too few rows are left as well, and the labels are to blame.
        self._labels.verify_known(self._data.checks.max_unlabelled)
        least = self._data.checks.min_rows
        if self.rows < least:
            when = f" as of {self._as_of}" if self._as_of is not None else ""
            raise DataError(
                f"{self.rows} rows with a known label{when}, of {self._seen} in the source; at least {least} are "
                "needed (`data.checks.min_rows`)"
            )
        self._labels.verify_classes()

    def _cut(self, chunk: Chunk) -> tuple[Chunk, pa.TimestampArray | None]:
        """Keep the rows whose label was known at the as-of; nothing later is even looked at."""
        if isinstance(self._as_of, int):
            chunk = chunk.only(pc.less(chunk.rows.column(ROW), self._as_of))
        times = self._clock.read_times(chunk)
        if times is None:
            return chunk, None
        known_at = self._as_of if isinstance(self._as_of, datetime) else self._started
        if self._as_of is None:
            refuse_future(chunk, self._data, times, self._started)
        is_known = pc.less_equal(times, pa.scalar(known_at - self._data.label_delay, MOMENT))
        return chunk.only(is_known), times.filter(is_known)

    def _remember(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        if TIME in self.schema.names and batch.num_rows:
            self._remember_times(batch.column(TIME))

    def _remember_times(self, times: pa.TimestampArray) -> None:
        limits = pc.min_max(times).as_py()
        earliest, latest = limits["min"], limits["max"]
        is_rising = pc.all(pc.less_equal(times[:-1], times[1:])).as_py()
        follows = times[0].as_py() >= (self.time_to or earliest)
        self.is_sorted = self.is_sorted and is_rising and follows
        self.time_from = min(self.time_from or earliest, earliest)
        self.time_to = max(self.time_to or latest, latest)


def check_as_of(data: Data, as_of: Moment | None) -> Moment | None:
    """Return an as-of that fits the data.

    Raises:
        DataError: it is a time where the data has only an order, a number where it has a clock, or leaves nothing.
    """
    if isinstance(as_of, datetime) and not data.has_clock:
        raise DataError(f"as of {as_of.isoformat()} is a time, and the data only has an order; give a number of rows")
    if isinstance(as_of, int) and data.has_clock:
        raise DataError(f"as of {as_of} is a number of rows, and the data has a clock; give a time with its zone")
    if isinstance(as_of, int) and as_of < 1:
        raise DataError(f"as of {as_of} rows leaves nothing; give a number above zero, or none for every row")
    return as_of


def refuse_future(chunk: Chunk, data: Data, times: pa.TimestampArray, started: datetime) -> None:
    """Refuse rows that are later than the run.

    Raises:
        DataError: naming the first of them.
    """
    name = data.time.column if isinstance(data.time, TimeColumn) else "data.time.every"
    index = pc.index(pc.less_equal(times, pa.scalar(started + CLOCK_SKEW, MOMENT)), False).as_py()
    if index >= 0:
        raise DataError(
            f"{chunk.place(index)}: the time {times[index].as_py().isoformat()} (`{name}`) is later than the run; "
            "its label can't be known yet: put it right, or give an as-of time"
        )


class Fingerprint:
    """A digest of rows: the same for the same rows, whatever file they came from.

    The pieces must be cut alike each time, which `cut_alike` does.
    """

    def __init__(self, schema: pa.Schema) -> None:
        """Start with the names and types of the columns."""
        self._digest = hashlib.sha256("\n".join(f"{field.name}\t{field.type}" for field in schema).encode())

    def update(self, rows: pa.RecordBatch) -> None:
        """Add a piece."""
        self._digest.update(str(rows.num_rows).encode())
        for column in rows.columns:
            for buffer in _content(column):
                self._digest.update(buffer)

    def hexdigest(self) -> str:
        """Return the digest of all pieces so far."""
        return self._digest.hexdigest()


def _content(column: pa.Array) -> Iterator[bytes | memoryview]:
    """Give a column's values as bytes that depend on nothing else: not on offsets, padding, or what nulls hide."""
    yield pc.is_valid(column).to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(column.type):
        filled = pc.fill_null(column, "")
        _, offsets, texts = filled.buffers()
        ends = np.frombuffer(offsets, np.int32)[filled.offset : filled.offset + len(filled) + 1]
        yield np.diff(ends).tobytes()
        yield memoryview(texts or b"")[ends[0] : ends[-1]]
        return
    number = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    filled = pc.fill_null(number, pa.scalar(0).cast(number.type))
    yield filled.to_numpy(zero_copy_only=False).tobytes()


def cut_alike(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Cut a stream into pieces whose size depends on the schema alone, so that equal rows make equal files."""
    size = max(1, min(ROW_GROUP, MAX_CELLS // len(schema)))
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= size:
            table = pa.Table.from_batches(waiting, schema)
            yield from table.slice(0, size).combine_chunks().to_batches()
            waiting = table.slice(size).to_batches()
            count -= size
    if count:
        yield from pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()


def fingerprinted(batches: Iterable[pa.RecordBatch], fingerprint: Fingerprint) -> Iterator[pa.RecordBatch]:
    """Pass pieces on, and add them to a fingerprint."""
    for batch in batches:
        fingerprint.update(batch)
        yield batch


def read_sorted(path: Path, *, by_content: bool) -> Iterator[pa.RecordBatch]:
    """Read a Parquet file in the order of time and row, with memory bounded by spilling beside it.

    Args:
        path: the file, whose rows have a time.
        by_content: whether rows of one time are ordered by what is in them, and numbered anew: for a source that
            gives rows in no order, where their numbers mean nothing.
    """
    with (
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".sort-") as spill,
        duckdb.connect(config={"memory_limit": SORT_MEMORY, "temp_directory": spill, "threads": 2}) as database,
        pq.ParquetFile(path) as file,
    ):
        schema = file.schema_arrow
        names = [name for name in schema.names if name != ROW] if by_content else [TIME, ROW]
        unsorted = pa.RecordBatchReader.from_batches(schema, file.iter_batches())
        order = ", ".join(f'"{name}"' for name in names)  # names from the YAML, which allows no quotes in them
        ordered = database.from_arrow(unsorted).order(order).to_arrow_reader(ROW_GROUP // 8)
        start = 0
        for batch in ordered:
            rows = pa.Table.from_batches([batch]).cast(schema).to_batches()[0]
            yield _number_anew(rows, start) if by_content else rows
            start += batch.num_rows


def _number_anew(rows: pa.RecordBatch, start: int) -> pa.RecordBatch:
    numbers = pa.array(np.arange(start, start + rows.num_rows, dtype=np.int64))
    return rows.set_column(rows.schema.get_field_index(ROW), rows.schema.field(ROW), numbers)
