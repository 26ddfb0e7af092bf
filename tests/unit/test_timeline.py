from datetime import UTC, datetime, timedelta, timezone

import pytest

from ratchet.timeline import (
    DAY,
    HOUR,
    WEEK,
    Window,
    is_before,
    is_time,
    to_length,
    to_moment,
    to_number,
    to_time,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=1)


def hours(start: float, end: float) -> Window:
    return Window(start=NOON + start * HOURS, end=NOON + end * HOURS)


def rows(start: int, end: int) -> Window:
    return Window(start=start, end=end)


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1),
        (datetime(1969, 12, 31, 23, tzinfo=UTC), -HOUR),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(HOURS)), 0),
        (0, 0),
        (17, 17),
    ],
)
def test_a_moment_is_a_number_of_microseconds_or_of_rows(moment, number):
    assert to_number(moment) == number
    assert to_moment(number, has_clock=is_time(moment)) == moment


def test_a_number_becomes_a_time_in_utc():
    assert to_time(to_number(NOON)) == NOON
    assert to_time(0).tzinfo is UTC


def test_spans_are_counted_in_the_same_units():
    assert to_length(timedelta(days=7)) == WEEK == 7 * DAY
    assert to_length(1_000) == 1_000


@pytest.mark.parametrize(
    ("moment", "other", "expected"),
    [(1, 2, True), (2, 2, False), (NOON, NOON + HOURS, True), (NOON, NOON, False), (1, NOON, False), (NOON, 1, False)],
)
def test_only_moments_of_one_kind_are_before_one_another(moment, other, expected):
    assert is_before(moment, other) is expected


@pytest.mark.parametrize(("window", "length"), [(hours(0, 2), 2 * HOUR), (rows(40, 100), 60)])
def test_a_window_knows_its_length(window, length):
    assert window.length == length
    assert window.has_clock is (length == 2 * HOUR)
    assert window.numbers == (to_number(window.start), to_number(window.end))


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (hours(0, 2), NOON, True),
        (hours(0, 2), NOON + 2 * HOURS, False),
        (hours(0, 2), NOON - HOURS, False),
        (hours(0, 2), to_number(NOON), False),
        (rows(10, 20), 10, True),
        (rows(10, 20), 20, False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(window, moment, expected):
    assert window.contains(moment) is expected


def test_a_shifted_window_is_as_long():
    assert hours(0, 2).shift(-HOUR) == hours(-1, 1)
    assert rows(10, 20).shift(5) == rows(15, 25)


@pytest.mark.parametrize(
    ("window", "other", "expected"),
    [
        (rows(0, 10), rows(5, 20), 5),
        (rows(5, 20), rows(0, 10), 5),
        (rows(0, 10), rows(10, 20), 0),
        (rows(0, 10), rows(30, 40), 0),
        (hours(0, 4), hours(1, 2), HOUR),
        (hours(0, 4), rows(0, 10), 0),
    ],
)
def test_windows_share_a_length(window, other, expected):
    assert window.overlap(other) == expected
