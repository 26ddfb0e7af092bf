from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from builders.runs import make_config
from builders.tables import make_chunk
from ratchet.data.clock import Clock
from ratchet.errors import DataError


def _clock(**time: object) -> Clock:
    return Clock(make_config(data={"time": {"column": "when"} | time}).data.time)


def _order(**time: object) -> Clock:
    return Clock(make_config(data={"time": {"order": "rows"} | time}).data.time)


def _times(clock: Clock, *values: object) -> list[str]:
    times = clock.read_times(make_chunk(list(values), name="when"))
    return [moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in times.to_pylist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-06", "2024-05-06 00:00:00.000000"),
        ("2024-05-06 07:08", "2024-05-06 07:08:00.000000"),
        ("2024-05-06T07:08:09.123456", "2024-05-06 07:08:09.123456"),
        ("2024-05-06T07:08:09.123456789", "2024-05-06 07:08:09.123456"),
        ("2024-05-06T07:08:09Z", "2024-05-06 07:08:09.000000"),
        ("2024-05-06T07:08:09+02:00", "2024-05-06 05:08:09.000000"),
        (" 2024-05-06 ", "2024-05-06 00:00:00.000000"),
    ],
)
def test_iso_times_are_read(text: str, expected: str) -> None:
    assert _times(_clock(), text) == [expected]


def test_different_offsets_become_utc() -> None:
    times = _times(_clock(), "2024-05-06T12:00:00+02:00", "2024-05-06T12:00:00-05:00")
    assert [time[11:16] for time in times] == ["10:00", "17:00"]


@pytest.mark.parametrize(
    "value",
    [datetime(2024, 5, 6, 7, tzinfo=UTC), datetime(2024, 5, 6, 7), date(2024, 5, 6)],  # noqa: DTZ001
)
def test_typed_times_are_read(value: object) -> None:
    assert _times(_clock(), value)[0].startswith("2024-05-06")


def test_naive_times_take_the_zone() -> None:
    assert _times(_clock(zone="Europe/Berlin"), "2024-01-06 12:00", "2024-07-06 12:00") == [
        "2024-01-06 11:00:00.000000",
        "2024-07-06 10:00:00.000000",
    ]


def test_an_hour_that_came_twice_or_never_is_read_with_a_remark() -> None:
    clock = _clock(zone="Europe/Berlin")
    assert _times(clock, "2023-10-29 02:30", "2023-03-26 02:30", "2023-06-01 00:00") == [
        "2023-10-29 00:30:00.000000",
        "2023-03-26 01:00:00.000000",
        "2023-05-31 22:00:00.000000",
    ]
    assert [warning[:20] for warning in clock.warnings] == ["2 times of 'when' fa"]
    assert _clock(zone="Europe/Berlin").warnings == ()


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%d.%m.%Y %H:%M", "06.05.2024 07:08", "2024-05-06 07:08:00.000000"),
        ("%m/%d/%y", "05/06/24", "2024-05-06 00:00:00.000000"),
        ("%Y%m%d", "20240506", "2024-05-06 00:00:00.000000"),
        ("%d/%m/%Y %H:%M:%S%z", "06/05/2024 07:08:09+0200", "2024-05-06 05:08:09.000000"),
        ("%H:%M:%S.%f %d-%m-%Y", "07:08:09.5 06-05-2024", "2024-05-06 07:08:09.500000"),
    ],
)
def test_a_format_is_read_as_strptime_does(form: str, text: str, expected: str) -> None:
    assert _times(_clock(format=form), text, text) == [expected, expected]


@pytest.mark.parametrize("text", ["30.02.2024", "2024-05-06", "31.4.2024", ""])
def test_what_does_not_follow_the_format_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"data\.csv, row 2: column 'when'"):
        _times(_clock(format="%d.%m.%Y"), "01.05.2024", text)


@pytest.mark.parametrize(
    ("first", "second"), [("2024-01-01", "2024-01-02T00:00:00Z"), ("2024-01-02T00:00:00Z", "2024-01-01")]
)
def test_times_with_and_without_zone_are_refused_together(first: str, second: str) -> None:
    with pytest.raises(DataError, match="row 2: column 'when' has times with a zone and times without"):
        _times(_clock(), first, second)
    clock = _clock()
    _times(clock, first)
    with pytest.raises(DataError, match="row 1: column 'when' has times with a zone and times without"):
        _times(clock, second)


def test_a_format_with_a_zone_on_some_rows_only_is_refused() -> None:
    clock = _clock(format="%Y %z")
    assert _times(clock, "2024 +0100")
    with pytest.raises(DataError, match="row 1"):
        _times(clock, "2024")


@pytest.mark.parametrize("text", ["1899-12-31", "2100-01-01", "9999-12-31", "0001-01-01"])
def test_years_that_cannot_be_true_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="row 1: column 'when' is in the year"):
        _times(_clock(), text)


def test_no_chunk_is_too_small() -> None:
    empty = make_chunk(pa.array([], pa.string()), name="when")
    assert len(_clock().read_times(empty)) == 0


def test_row_order_alone_gives_no_times() -> None:
    assert _order().read_times(make_chunk([1])) is None
    assert _order().warnings == ()


def test_row_order_with_a_start_counts_from_it() -> None:
    clock = _order(start="2024-01-01T00:00:00+01:00", every="12h")
    times = clock.read_times(make_chunk([1, 2], rows_before=2))
    assert times.to_pylist() == [datetime(2024, 1, 1, 23, tzinfo=UTC), datetime(2024, 1, 2, 11, tzinfo=UTC)]


def test_row_order_beyond_all_times_is_refused() -> None:
    with pytest.raises(DataError, match=r"data\.time\.every"):
        _order(start="2024-01-01T00:00:00Z", every="9w").read_times(make_chunk([1], rows_before=10**9))


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(DataError, match="'Mars/Base' is not an IANA time zone"):
        _clock(zone="Mars/Base")
