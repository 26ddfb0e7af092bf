"""Periods, what is known when, and when a cron line fires."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from builders.backtests import BEGIN, DAY, EPOCH, WEEK, make_replayed, make_timeline
from ratchet.backtest.periods import FIRST_MONDAY, lay_out
from ratchet.errors import DataError
from ratchet.timeline import to_length


def moments_of_days(days: int) -> np.ndarray:
    return np.array([to_length(BEGIN - EPOCH + DAY * day) for day in range(days)])


def test_a_row_is_known_once_its_label_has_had_its_time():
    timeline = make_timeline(delay=timedelta(days=2))
    moments = moments_of_days(10)
    assert timeline.is_known(moments, 1).tolist() == [True] * 6 + [False] * 4  # day 5 and two days are the seventh


def test_a_period_ends_with_its_last_moment_and_the_next_begins_after_it():
    timeline = make_timeline(periods=4)
    assert timeline.place(moments_of_days(9)).tolist() == [-1, *[0] * 7, 1]


def test_what_is_known_when_a_period_begins_is_not_in_it():
    timeline, moments = make_timeline(periods=4), moments_of_days(30)
    for period in range(4):
        assert not (timeline.is_known(moments, period) & (timeline.place(moments) >= period)).any()


@pytest.mark.parametrize(("delay", "settled"), [(0, True), (1, False), (7, False)])
def test_a_period_is_settled_when_its_last_label_is_known(delay, settled):
    assert make_timeline(delay=timedelta(days=delay)).is_settled(0, 1) is settled


@pytest.mark.parametrize(
    ("cron", "period", "fires"),
    [
        (None, 1, 0),
        ("@weekly", 1, 1),
        ("@weekly", 0, 0),
        ("@daily", 1, 7),
        ("@monthly", 1, 0),
        ("@monthly", 4, 1),  # the first of February
        ("@quarterly", 4, 0),
        ("@once", 1, 0),
        ("0 6 * * 3", 2, 1),
    ],
)
def test_a_cron_line_fires_as_often_as_it_does_in_the_period_before(cron, period, fires):
    assert len(make_timeline().list_fires(cron, period)) == fires


def test_a_fire_at_the_very_edge_belongs_to_the_period_that_it_ends():
    timeline = make_timeline()
    assert timeline.list_fires("0 0 * * 1", 1) == (BEGIN + WEEK,)
    assert timeline.list_fires("0 0 * * 1", 2) == (BEGIN + 2 * WEEK,)


def test_periods_are_as_long_as_the_window_and_hold_every_row_after_the_first():
    timeline = lay_out(make_replayed(), moments_of_days(100))
    assert timeline.edges[1] - timeline.edges[0] == to_length(WEEK)
    places = timeline.place(moments_of_days(100))
    assert (places < 0).sum() == 30
    assert places.max() == timeline.periods - 1


def test_a_long_history_has_longer_periods_instead_of_more():
    timeline = lay_out(make_replayed(backtest={"periods": 5}), moments_of_days(1000))
    assert timeline.periods == 5
    assert timeline.window == timeline.edges[1] - timeline.edges[0]


def test_without_a_clock_the_rows_of_a_window_stand_for_a_week():
    timeline = lay_out(make_replayed(data={"time": {"order": "rows"}}, split={}), np.arange(10_000))
    assert timeline.start_of(1) - timeline.start_of(0) == WEEK
    assert timeline.time_of(0) == FIRST_MONDAY
    assert len(timeline.list_fires("@weekly", 2)) == 1


def test_times_before_1970_are_times_too():
    timeline = make_timeline()
    assert timeline.time_of(-to_length(DAY)) == datetime(1969, 12, 31, tzinfo=UTC)


def test_a_history_that_is_too_short_is_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"make 2 periods .* and 4 are needed .* `backtest.first`"):
        lay_out(make_replayed(), moments_of_days(20))
