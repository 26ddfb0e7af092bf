from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.weeks import (
    WEEK,
    make_alert,
    make_appraisal,
    make_figure,
    make_monitored,
    make_shift,
    make_signal,
    monitor_losses,
    week,
)
from ratchet.alerts.raising import raise_alerts
from ratchet.alerts.rules import URGENCY, choose_after, give_level, settle, smooth, thin_out
from ratchet.config.alerts import AlertPlan, Persistence
from ratchet.records.alerts import Alert, AlertLevel, AlertReport
from ratchet.timeline import Window

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
WATCH = monitor_losses(AlertPlan(), [0.0])[0]
NOW, WINDOW = week(10).end, week(10)


def plan(seen: int = 1, of: int = 1, **changes: object) -> AlertPlan:
    return AlertPlan(persistence=Persistence(seen=seen, of=of), **changes)  # type: ignore[arg-type]


def follow(plan: AlertPlan, values, *, significant=True, at_once=False) -> list[AlertLevel]:
    """The level after each window; a pair gives the significance too."""
    past: list[Alert] = []
    for value in values:
        effect, shown = value if isinstance(value, tuple) else (value, significant)
        signal = make_signal(effect, significant=shown)
        was = past[-1].level if past else None
        past.append(make_alert(signal, settle(plan, signal, past, was, at_once=at_once)))
    return [alert.level for alert in past]


@pytest.mark.parametrize(
    ("value", "significant", "level"),
    [
        (0.0199, True, GREEN),
        (0.02, True, YELLOW),
        (0.0499, True, YELLOW),
        (0.05, True, RED),
        (0.9, False, GREEN),
        (-0.9, True, GREEN),
        (0.9, None, UNKNOWN),
        (None, True, UNKNOWN),
        (None, None, UNKNOWN),
    ],
)
def test_a_level_needs_effect_and_significance(value, significant, level):
    assert give_level(value, significant=significant, yellow=0.02, red=0.05) is level


@pytest.mark.parametrize(
    ("yellow", "red", "level"), [(None, 0.05, RED), (0.02, None, YELLOW), (None, None, GREEN), (None, 0.5, GREEN)]
)
def test_a_signal_need_not_have_both_limits(yellow, red, level):
    assert give_level(0.06, significant=True, yellow=yellow, red=red) is level


@pytest.mark.parametrize(
    ("values", "weight", "means"),
    [
        ([1.0, 3.0], 0.5, [1.0, 2.0]),
        ([1.0, 3.0], 1.0, [1.0, 3.0]),
        ([1.0, None, 3.0], 0.5, [1.0, None, 2.0]),
        ([None, 4.0], 0.25, [None, 4.0]),
        ([], 0.5, []),
    ],
)
def test_values_are_smoothed_exponentially(values, weight, means):
    assert smooth(values, weight) == means


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0.05, 0.041, 0.0399], [RED, RED, YELLOW]),  # red is left below 4 %
        ([0.02, 0.0161, 0.0159], [YELLOW, YELLOW, GREEN]),
        ([0.049, 0.041], [YELLOW, YELLOW]),
        ([0.06, 0.0, 0.041], [RED, GREEN, YELLOW]),  # once left, it must be entered again
        ([0.06, 0.03, 0.049, 0.05], [RED, YELLOW, YELLOW, RED]),
    ],
)
def test_a_level_is_entered_at_its_limit_and_left_below_it(values, levels):
    assert follow(plan(), values) == levels


def test_a_level_that_was_entered_does_not_need_to_be_shown_again():
    assert follow(plan(), [0.06, (0.06, False), (0.03, False), (0.0, False)]) == [RED, RED, YELLOW, GREEN]


@pytest.mark.parametrize(
    ("seen", "of", "values", "levels"),
    [
        (2, 3, [0.06, 0.0, 0.06], [GREEN, GREEN, RED]),
        (2, 3, [0.06, 0.0, 0.0, 0.06], [GREEN] * 4),
        (2, 2, [0.06, 0.03, 0.06, 0.06], [GREEN, YELLOW, YELLOW, RED]),
        (3, 3, [0.06, 0.06], [GREEN, GREEN]),
        (2, 3, [0.06, None, 0.06], [GREEN, UNKNOWN, RED]),
    ],
)
def test_a_level_must_be_reached_in_k_of_n_windows(seen, of, values, levels):
    assert follow(plan(seen, of), values) == levels


def test_what_may_not_wait_is_neither_smoothed_nor_counted():
    patient = plan(3, 5, smoothing=0.1)
    assert follow(patient, [0.0, 0.0, 0.06]) == [GREEN, GREEN, GREEN]
    assert follow(patient, [0.0, 0.0, 0.06], at_once=True) == [GREEN, GREEN, RED]


def test_smoothing_takes_single_peaks_off():
    assert follow(plan(smoothing=0.3), [0.0, 0.06, 0.0]) == [GREEN] * 3
    assert follow(plan(smoothing=0.3), [0.0] + [0.06] * 6)[-1] is RED


@pytest.mark.parametrize(
    ("hold", "levels"), [(0, [RED, UNKNOWN, UNKNOWN]), (1, [RED, RED, UNKNOWN]), (2, [RED, RED, RED])]
)
def test_a_level_is_held_for_a_while_when_nothing_is_known(hold, levels):
    assert follow(plan(hold=hold), [0.06, None, None]) == levels


def test_unknown_is_not_green():
    assert follow(plan(), [None, 0.0, None, 0.06]) == [UNKNOWN, GREEN, UNKNOWN, RED]


effects = st.one_of(st.none(), st.floats(-0.1, 0.2, allow_nan=False))
windows = st.lists(st.tuples(effects, st.booleans()), max_size=25)
plans = st.builds(
    lambda leave, smoothing, seen, more, hold: plan(seen, seen + more, leave=leave, smoothing=smoothing, hold=hold),
    st.floats(0.3, 1), st.floats(0.1, 1), st.integers(1, 3), st.integers(0, 3), st.integers(0, 5),
)  # fmt: skip


@settings(deadline=None)
@given(plans, windows)
def test_a_known_level_never_falls_unless_its_leave_level_is_crossed(plan, windows):
    levels = follow(plan, windows)
    means = smooth([value for value, _ in windows], plan.smoothing)
    limits = {RED: 0.05, YELLOW: 0.02}
    for at in range(1, len(levels)):
        before, now, mean = levels[at - 1], levels[at], means[at]
        if before in limits and mean is not None and URGENCY[now] < URGENCY[before]:
            assert mean < plan.leave * limits[before] + 1e-12


@settings(deadline=None)
@given(plans, windows)
def test_no_level_is_entered_that_no_window_within_reach_asked_for(plan, windows):
    levels = follow(plan, windows)
    means = smooth([value for value, _ in windows], plan.smoothing)
    for at, level in enumerate(levels):
        before = levels[at - 1] if at else GREEN
        if level in {RED, YELLOW} and URGENCY[level] > URGENCY[before]:
            limit = {RED: 0.05, YELLOW: 0.02}[level]
            near = list(zip(means, windows, strict=True))[max(0, at + 1 - plan.persistence.of) : at + 1]
            asked = [mean for mean, (_, shown) in near if shown and mean is not None and mean >= limit]
            assert len(asked) >= plan.persistence.seen


@settings(deadline=None)
@given(plans, windows)
def test_the_same_windows_give_the_same_levels(plan, windows):
    assert follow(plan, windows) == follow(plan, windows)


def before(*hours: float) -> list[AlertReport]:
    return [replace(WATCH, as_of=NOW - timedelta(hours=each)) for each in hours]


def hours_of(reports) -> list[float]:
    return [(NOW - report.as_of).total_seconds() / 3600 for report in reports]


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
    reports = [replace(WATCH, as_of=row) for row in (0, 500, 990)]
    kept = thin_out(reports, 1000, Window(start=0, end=1000))
    assert [report.as_of for report in kept] == [0, 500]


@pytest.mark.parametrize(("steps", "chosen"), [(1, [1]), (2, [30, 24, 1]), (3, [48, 30, 24, 1])])
def test_what_came_after_so_many_that_count_is_chosen(steps, chosen):
    reports = before(48, 30, 24, 1)
    assert hours_of(choose_after(reports, thin_out(reports, NOW, WINDOW), steps)) == chosen


def look_hourly(losses, **plan) -> list[AlertReport]:
    """Looks an hour apart, each of which remembers those before."""
    reports: list[AlertReport] = []
    for hour, loss in enumerate(losses):
        as_of = NOW + timedelta(hours=hour)
        seen = make_monitored(as_of=as_of, window=Window(start=as_of - WEEK, end=as_of))
        reports.append(
            raise_alerts(AlertPlan(**plan), seen, make_shift(), make_appraisal(make_figure(loss)), reports, now=NOW)
        )
    return reports


def test_a_model_that_is_looked_at_every_hour_does_not_ask_every_few_hours():
    asked = [report.asks_for is not None for report in look_hourly([0.08] * 50, ask_again=2)]
    assert [hour for hour, each in enumerate(asked) if each] == [0, 42]


def test_nor_does_it_let_go_after_a_few_good_hours():
    found = look_hourly([0.08] + [0.0] * 64, close_after=3)
    assert [hour for hour, report in enumerate(found) if report.incident and report.incident.closed] == [63]
    assert found[64].incident is None


def test_one_bad_look_between_good_ones_keeps_an_incident_open():
    found = look_hourly([0.08] + [0.0] * 30 + [0.03] + [0.0] * 63, close_after=3)
    assert next(hour for hour, report in enumerate(found) if report.incident.closed) == 31 + 63


def test_an_hour_without_a_figure_is_not_a_window_without_one():
    found = look_hourly([0.08] + [None] * 60, hold=2)
    levels = [report.level for report in found]
    assert levels.index(AlertLevel.UNKNOWN) > 40


def test_a_level_is_remembered_from_hour_to_hour():
    assert [report.level for report in look_hourly([0.08, 0.045, 0.045])] == [AlertLevel.RED] * 3
