""""""

from dataclasses import replace

import pytest

from builders.weeks import (
    BY_CHANCE,
    make_appraisal,
    make_column,
    make_drift,
    make_figure,
    make_monitored,
    make_shift,
    week,
)
from ratchet.alerts.data_signals import read_deliveries, read_movement
from ratchet.alerts.measured import MeasuredSignal
from ratchet.alerts.raising import raise_alerts
from ratchet.alerts.signals import judge
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, SignalKind
from ratchet.records.drift import MovedBin, Movement, Separation, Trend
from ratchet.records.production import Overdue

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
PLAN = AlertPlan()


def read(shift) -> dict[str, MeasuredSignal]:
    return {each.name: each for each in read_movement(AlertPlan(), shift)}


def level_of(measured: MeasuredSignal) -> AlertLevel:
    return judge(measured, measured.p_value, 0.01).level


@pytest.mark.parametrize(
    ("column", "level"),
    [
        (make_column("age", 0.0), GREEN),
        (make_column("age", 0.0999), GREEN),
        (make_column("age", 0.1), YELLOW),
        (make_column("age", 0.2499), YELLOW),
        (make_column("age", 0.25), RED),
        (make_column("age", 5.0, BY_CHANCE), GREEN),
        (make_column("age", None), UNKNOWN),
    ],
)
def test_a_column_is_as_urgent_as_its_drift(column, level):
    assert level_of(read(make_shift(column))["drift.age"]) is level


def test_feature_prediction_and_label_are_kinds_of_their_own():
    shift = make_shift(make_column("age"), make_column("prediction"), label_drift=make_drift(make_column("label", 0.3)))
    found = read(shift)
    assert {name: each.kind for name, each in found.items()} == {
        "drift.age": SignalKind.DRIFT,
        "prediction": SignalKind.PREDICTION,
        "features": SignalKind.DRIFT,
        "label": SignalKind.LABEL,
    }
    assert level_of(found["label"]) is RED


@pytest.mark.parametrize(
    ("effects", "value", "level"),
    [
        ([0.3, 0.3, 0.0, 0.0], 0.5, RED),
        ([0.3, 0.3, 0.0, 0.0, 0.0], 0.4, YELLOW),
        ([0.3, 0.0], 0.0, GREEN),  # one by itself is one, however few there are
        ([0.2] * 4, 0.0, GREEN),
        ([0.3, 0.3, None], 1.0, RED),
        ([None, None], None, UNKNOWN),
    ],
)
def test_the_share_of_features_that_are_red_is_read(effects, value, level):
    columns = [make_column(f"x{at}", effect) for at, effect in enumerate(effects)]
    found = read(make_shift(*columns, make_column("prediction", 0.9)))["features"]
    assert found.value == (None if value is None else pytest.approx(value))
    assert level_of(found) is level


@pytest.mark.parametrize(
    ("trend", "effect", "level"),
    [
        (Trend(column="age", windows=6, first=0.0, last=0.06, p_value=1e-4), 0.06, YELLOW),
        (Trend(column="age", windows=6, first=0.02, last=0.06, p_value=1e-4), 0.06, GREEN),  # not half of the way
        (Trend(column="age", windows=3, first=0.0, last=0.06, p_value=1 / 24), 0.06, GREEN),
        (Trend(column="age", windows=6, first=0.0, last=0.3, p_value=1e-4), 0.3, RED),
        (Trend(column="city", windows=6, first=0.0, last=0.06, p_value=1e-4), 0.06, GREEN),
    ],
)
def test_a_trend_is_worth_a_look_before_the_drift_is(trend, effect, level):
    found = read(make_shift(make_column("age", effect), trends=(trend,)))["drift.age"]
    assert level_of(found) is level
    assert ("risen from" in found.text) == (level is YELLOW)


@pytest.mark.parametrize(
    ("separation", "level"),
    [
        (Separation(rows_then=900, rows_now=900, auc=0.9, lower=0.81, p_value=1e-9), RED),
        (Separation(rows_then=900, rows_now=900, auc=0.9, lower=0.81, p_value=1e-9, seasonal_baseline=0.6), YELLOW),
        (Separation(rows_then=900, rows_now=900, auc=0.9, lower=0.81, p_value=1e-9, seasonal_baseline=0.9), GREEN),
        (Separation(rows_then=900, rows_now=900, auc=0.6, lower=0.55, p_value=1e-9), GREEN),
        (Separation(rows_then=50, rows_now=50, auc=0.9, lower=0.7, p_value=0.2), GREEN),
        (Separation(rows_then=3, rows_now=3, problem="too few"), UNKNOWN),
    ],
)
def test_a_separation_counts_beyond_what_is_usual(separation, level):
    assert level_of(read(make_shift(separation=separation))["separation"]) is level


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"movement": Movement(bins=(MovedBin(label="above 90", then=0.01, now=0.2),))},
            "above 90 went from 1 % to 20 %",
        ),
        (
            {"movement": Movement(bins=(MovedBin(label="above 90", then=0.2, now=0.2001),))},
            "0.3 above its seasonal baseline",
        ),
        ({"new_share": 0.07}, "7 % of the rows have a category that the reference does not know"),
        ({"new_share": 0.001}, "age has a stability index of 0.3 above its seasonal baseline"),
    ],
)
def test_what_moved_most_is_told(changes, words):
    column = replace(make_column("age", 0.3), **changes)
    text = read(make_shift(column))["drift.age"].text
    assert words in text
    assert "20 % to 20 %" not in text


def test_a_window_without_rows_is_unknown():
    drift = make_drift(make_column("age", None), problem="the window has no rows")
    found = read(make_shift(drift=drift))
    assert found["drift.age"].text == "the drift of age is not known: has no value in the window"
    assert "the window has no rows" in found["features"].text


@pytest.mark.parametrize(
    ("rows", "levels"),
    [([5, 0, 0, 5], [GREEN, UNKNOWN, RED, GREEN]), ([0], [UNKNOWN]), ([0, 5, 0], [UNKNOWN, GREEN, UNKNOWN])],
)
def test_windows_in_a_row_without_rows_are_red(rows, levels):
    reports = []
    for number, count in enumerate(rows, start=10):
        seen = make_monitored(number, rows=count)
        reports.append(raise_alerts(PLAN, seen, make_shift(number=number), make_appraisal(), reports, now=week(1).end))
    found = [next(each for each in report.alerts if each.signal.name == "data.rows") for report in reports]
    assert [each.level for each in found] == levels


@pytest.mark.parametrize(
    ("share", "rows", "level"),
    [
        (0.0, 1000, GREEN),
        (0.19, 1000, GREEN),
        (0.3, 1000, YELLOW),
        (0.3, 7, GREEN),  # three of ten
        (0.6, 1000, RED),
        (1.0, 0, RED),
        (None, 0, UNKNOWN),
    ],
)
def test_labels_that_do_not_come_are_raised(share, rows, level):
    performance = make_appraisal(make_figure(open_share=share, rows=rows))
    found = list(read_deliveries(PLAN, make_monitored(), performance, []))[1]
    assert judge(found, found.p_value, 0.01).level is level


@pytest.mark.parametrize(
    ("share", "rows", "level"), [(1.0, 300, RED), (0.6, 1000, RED), (0.4, 1000, YELLOW), (0.1, 1000, GREEN)]
)
def test_labels_that_stopped_are_raised_though_all_matured_rows_have_one(share, rows, level):
    performance = make_appraisal(make_figure(open_share=0.0), overdue=Overdue(rows=rows, open_share=share))
    found = list(read_deliveries(PLAN, make_monitored(), performance, []))[1]
    assert judge(found, found.p_value, 0.01).level is level
    assert "labels have stopped coming" in found.text


def test_without_a_figure_labels_are_unknown():
    from dataclasses import replace

    found = list(read_deliveries(PLAN, make_monitored(), replace(make_appraisal(), figures=()), []))[1]
    assert found.value is None
    assert found.text == "how many labels are missing is not known: no row is old enough"
