"""From raw rows to the rows of a snapshot: cut at the as-of time, labelled, typed, and counted."""

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.data import Data, TimeColumn
from ratchet.config.run import Run
from ratchet.data.chunks import Chunk
from ratchet.data.clock import MOMENT, Clock
from ratchet.data.labels import LABEL_TYPES, Labels
from ratchet.data.values import TYPES, read_texts, read_values
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TIME
from ratchet.timeline import Moment

CLOCK_SKEW = timedelta(days=1)  # how far ahead of ours the clocks of a source may run


class Features:
    """Reads features by their types, and remembers their categories."""

    def __init__(self, data: Data, missing: tuple[str, ...]) -> None:
        """Start with no category seen."""
        self._data = data
        self._missing = missing
        self._seen: dict[str, set[str]] = {name: set() for name, kind in data.features.items() if kind == "categorical"}

    def read(self, chunk: Chunk, name: str) -> pa.Array:
        """Return a feature of a chunk.

        Raises:
            DataError: naming the first value that is not of its type, or a category with too many values.
        """
        values = read_values(chunk, name, self._data.features[name], self._missing)
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
        self._labels = Labels(self._data.target, run.config.task, missing)
        self._features = Features(self._data, missing)
        self.schema = make_schema(run)
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
        self._labels.verify_known()
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


def make_schema(run: Run) -> pa.Schema:
    """Return the columns of a run's snapshot: time, row, features, target, keys."""
    data = run.config.data
    fields = [pa.field(TIME, MOMENT)] if data.has_clock else []
    fields.append(pa.field(ROW, pa.int64()))
    fields += [pa.field(name, TYPES[kind]) for name, kind in data.features.items()]
    fields.append(pa.field(data.target.column, LABEL_TYPES[run.config.task]))
    fields += [pa.field(name, pa.string()) for name in data.keys if name != data.target.column]
    return pa.schema(fields)


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
