"""When each row happened: a column of times, or the order of the rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.config.data import RowOrder, Time, TimeColumn
from ratchet.data.chunks import Chunk, show
from ratchet.data.schemas import MOMENT
from ratchet.data.values import NAIVE, UnreadableError, parse_format, parse_times, read_texts
from ratchet.errors import DataError
from ratchet.records.columns import ROW
from ratchet.timeline import EARLIEST, LATEST, to_length


def count_moments(moments: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a column of times, none of them null, as the numbers of `timeline`; row numbers as they are."""
    times = moments.cast(MOMENT, safe=False) if pa.types.is_timestamp(moments.type) else moments
    numbers = times.cast(pa.int64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False) if isinstance(numbers, pa.Array) else numbers.to_numpy())


class Clock:
    """Reads the time of each row, and remembers what the times of a source have in common."""

    def __init__(self, time: Time) -> None:
        """Start a source whose times are described by `time`.

        Raises:
            DataError: the zone is not known.
        """
        self._time = time
        self._has_zone: bool | None = None  # not known before the first time
        self._shifted = 0
        if isinstance(time, TimeColumn):
            _check_zone(time.zone)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was accepted with a remark."""
        if not self._shifted:
            return ()
        return (
            f"{self._shifted} times of '{self._column}' fall into a change of the clocks in {self._zone}: "
            "an hour that came twice was read as the first, one that never came as the moment of the change",
        )

    def read_times(self, chunk: Chunk) -> pa.TimestampArray | None:
        """Return the times of a chunk in UTC, none of them null; None when the data has no clock.

        Raises:
            DataError: a time is missing, can't be read, or can't be true.
        """
        if isinstance(self._time, TimeColumn):
            times = self._read_column(chunk, self._time)
            _refuse_impossible(chunk, self._time.column, times)
            return times
        return _count_from(self._time, chunk)

    def _read_column(self, chunk: Chunk, time: TimeColumn) -> pa.TimestampArray:
        raw = chunk.rows.column(time.column)
        if pa.types.is_timestamp(raw.type):
            _refuse_nulls(chunk, time.column, raw)
            moments = raw.cast(pa.timestamp("us", raw.type.tz), safe=False)
            return self._to_utc(chunk, moments, has_zone=raw.type.tz is not None)
        if pa.types.is_date(raw.type):
            _refuse_nulls(chunk, time.column, raw)
            return self._to_utc(chunk, raw.cast(NAIVE), has_zone=False)
        texts = read_texts(chunk, time.column, ("",))
        _refuse_nulls(chunk, time.column, texts)
        return self._parse_format(chunk, texts, time.format) if time.format else self._parse_iso(chunk, texts)

    def _parse_iso(self, chunk: Chunk, texts: pa.StringArray) -> pa.TimestampArray:
        # whole chunks are of one kind nearly always; only a faulty one is looked at row by row
        for kind in (NAIVE, MOMENT):
            if (moments := parse_times(texts, kind)) is not None:
                return self._to_utc(chunk, moments, has_zone=kind == MOMENT)
        raise DataError(self._find_fault(chunk, texts))

    def _find_fault(self, chunk: Chunk, texts: pa.StringArray) -> str:
        for index in range(len(texts)):
            one = texts.slice(index, 1)
            is_zoned = parse_times(one, MOMENT) is not None
            if not is_zoned and parse_times(one, NAIVE) is None:
                return self._describe(chunk, index, texts[index].as_py())
            if self._has_zone is None:
                self._has_zone = is_zoned
            if is_zoned != self._has_zone:
                break
        return self._describe_mixture(chunk, index)

    def _describe(self, chunk: Chunk, index: int, text: str) -> str:
        wanted = getattr(self._time, "format", None) or "ISO 8601, such as 2024-01-31T18:30:00Z"
        return (
            f"{chunk.place(index)}: column '{self._column}' holds {show(text)}, which is not a time written as "
            f"{wanted}; put it right or set `data.time.format`"
        )

    def _describe_mixture(self, chunk: Chunk, index: int) -> str:
        return (
            f"{chunk.place(index)}: column '{self._column}' has times with a zone and times without one; "
            "write all of them alike"
        )

    @property
    def _column(self) -> str:
        return self._time.column if isinstance(self._time, TimeColumn) else ROW

    @property
    def _zone(self) -> str:
        return self._time.zone if isinstance(self._time, TimeColumn) else "UTC"

    def _parse_format(self, chunk: Chunk, texts: pa.StringArray, form: str) -> pa.TimestampArray:
        try:
            moments = parse_format(texts, form)
        except UnreadableError as error:
            raise DataError(self._describe(chunk, pc.index(texts, error.text).as_py(), error.text)) from error
        return self._to_utc(chunk, moments, has_zone=moments.type.tz is not None)

    def _to_utc(self, chunk: Chunk, moments: pa.TimestampArray, *, has_zone: bool) -> pa.TimestampArray:
        if self._has_zone not in {None, has_zone}:
            raise DataError(self._describe_mixture(chunk, 0))
        if len(moments):
            self._has_zone = has_zone
        if has_zone:
            return moments.cast(MOMENT)
        # Read twice: where both readings agree, the local time was there once and only once.
        first, later = (
            pc.assume_timezone(moments, timezone=self._zone, ambiguous=choice, nonexistent="latest").cast(MOMENT)
            for choice in ("earliest", "latest")
        )
        self._shifted += _count_shifted(moments, self._zone, first, later)
        return first


def _check_zone(zone: str) -> None:
    try:
        pc.assume_timezone(pa.array([0], pa.int64()).cast(NAIVE), timezone=zone)
    except pa.ArrowInvalid as error:
        raise DataError(f"`data.time.zone` '{zone}' is not an IANA time zone, such as Europe/Berlin") from error


def _count_shifted(moments: pa.TimestampArray, zone: str, first: pa.TimestampArray, later: pa.TimestampArray) -> int:
    """Count local times that came twice, or never: those don't read back as they were written."""
    back = pc.local_timestamp(first.cast(pa.timestamp("us", zone)))
    is_odd = pc.or_(pc.not_equal(first, later), pc.not_equal(back, moments))
    return int(pc.sum(is_odd).as_py() or 0)


def _refuse_nulls(chunk: Chunk, name: str, values: pa.Array) -> None:
    if values.null_count:
        place = chunk.place(pc.index(pc.is_null(values), True).as_py())
        raise DataError(f"{place}: column '{name}' is empty; every row needs its time")


def _refuse_impossible(chunk: Chunk, name: str, times: pa.TimestampArray) -> None:
    limits = pa.array([EARLIEST, LATEST], MOMENT)
    is_good = pc.and_(pc.greater_equal(times, limits[0]), pc.less(times, limits[1]))
    if (index := pc.index(is_good, False).as_py()) >= 0:
        year = times[index].as_py().year
        raise DataError(
            f"{chunk.place(index)}: column '{name}' is in the year {year}; years from 1900 to 2099 are read"
        )


def _count_from(order: RowOrder, chunk: Chunk) -> pa.TimestampArray | None:
    if order.start is None or order.every is None:
        return None
    numbers = chunk.rows.column(ROW)
    step = to_length(order.every)
    if step * int(pc.max(numbers).as_py() or 0) >= to_length(LATEST - order.start):
        raise DataError(f"{chunk.origin}: `data.time.every` takes the rows beyond the year 2099")
    begin = pa.scalar(order.start, MOMENT).cast(pa.int64())
    return pc.add(pc.multiply(numbers, step), begin).cast(MOMENT)
