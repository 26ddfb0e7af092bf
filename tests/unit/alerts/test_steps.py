from dataclasses import replace
from datetime import timedelta

import pytest

from builders.watching import WEEK, make_appraisal, make_figure, make_shift, make_watched, watch_losses, week
from ratchet.alerts.raising import raise_alerts
from ratchet.alerts.steps import choose_after, thin_out
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, Watch
from ratchet.timeline import Window

WATCH = watch_losses(AlertPlan(), [0.0])[0]
NOW, WINDOW = week(10).end, week(10)


def before(*hours: float) -> list[Watch]:
    return [replace(WATCH, as_of=NOW - timedelta(hours=each)) for each in hours]


def hours_of(watches) -> list[float]:
    return [(NOW - watch.as_of).total_seconds() / 3600 for watch in watches]


@pytest.mark.parametrize(
    ("hours", "kept"),
    [
        ([72, 48, 24], [72, 48, 24]),
        ([71, 49, 23], [71, 49, 23]),  # days, a little early or late
        ([48, 30, 26, 24, 12, 6, 1], [48, 24]),
        ([0.5], []),
        ([], []),
    ],
)
def test_looks_count_when_they_are_a_part_of_the_window_apart(hours, kept):
    assert hours_of(thin_out(before(*hours), NOW, WINDOW)) == kept


def test_looks_at_rows_count_by_rows():
    watches = [replace(WATCH, as_of=row) for row in (0, 500, 990)]
    kept = thin_out(watches, 1000, Window(start=0, end=1000))
    assert [watch.as_of for watch in kept] == [0, 500]


@pytest.mark.parametrize(("steps", "chosen"), [(1, [1]), (2, [30, 24, 1]), (3, [48, 30, 24, 1])])
def test_what_came_after_so_many_that_count_is_chosen(steps, chosen):
    watches = before(48, 30, 24, 1)
    assert hours_of(choose_after(watches, thin_out(watches, NOW, WINDOW), steps)) == chosen


def look_hourly(losses, **plan) -> list[Watch]:
    """Looks an hour apart, each of which remembers those before."""
    watches: list[Watch] = []
    for hour, loss in enumerate(losses):
        as_of = NOW + timedelta(hours=hour)
        seen = make_watched(as_of=as_of, window=Window(start=as_of - WEEK, end=as_of))
        watches.append(
            raise_alerts(AlertPlan(**plan), seen, make_shift(), make_appraisal(make_figure(loss)), watches, now=NOW)
        )
    return watches


def test_a_model_that_is_looked_at_every_hour_does_not_ask_every_few_hours():
    asked = [watch.asks_for is not None for watch in look_hourly([0.08] * 50, ask_again=2)]
    assert [hour for hour, each in enumerate(asked) if each] == [0, 42]


def test_nor_does_it_let_go_after_a_few_good_hours():
    found = look_hourly([0.08] + [0.0] * 64, close_after=3)
    assert [hour for hour, watch in enumerate(found) if watch.incident and watch.incident.closed] == [63]
    assert found[64].incident is None


def test_one_bad_look_between_good_ones_keeps_an_incident_open():
    found = look_hourly([0.08] + [0.0] * 30 + [0.03] + [0.0] * 63, close_after=3)
    assert next(hour for hour, watch in enumerate(found) if watch.incident.closed) == 31 + 63


def test_an_hour_without_a_figure_is_not_a_window_without_one():
    found = look_hourly([0.08] + [None] * 60, hold=2)
    levels = [watch.level for watch in found]
    assert levels.index(AlertLevel.UNKNOWN) > 40


def test_a_level_is_remembered_from_hour_to_hour():
    assert [watch.level for watch in look_hourly([0.08, 0.045, 0.045])] == [AlertLevel.RED] * 3
