from dataclasses import replace
from datetime import timedelta

import pytest

from builders.weeks import (
    WEEK,
    make_alert,
    make_appraisal,
    make_column,
    make_figure,
    make_shift,
    make_signal,
    monitor_weeks,
    week,
)
from ratchet.alerts.composites import (
    ESSENTIAL,
    find_gaps,
    find_label_override,
    find_level,
    find_part,
    read_composite,
    was_like,
)
from ratchet.config.alerts import COMPOSITES, AlertPlan, Composite
from ratchet.records.alerts import Alert, AlertLevel, SignalKind
from ratchet.timeline import Window

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
PLAN = AlertPlan()
KNOWN = ("performance.roc_auc", "drift.age", "prediction", "data.rows", "data.labels")
OVERRIDE_PLAN = AlertPlan()
MOVED = (make_column("age", 0.4), make_column("city"), make_column("prediction", 0.4))


def alert(name: str, level: AlertLevel, kind: SignalKind = SignalKind.DRIFT, segment: str | None = None) -> Alert:
    return make_alert(make_signal(0.0, name=name, kind=kind, segment=segment, level=level), level)


def alerts(**levels: AlertLevel) -> list[Alert]:
    """Everything essential green, but for what is said; dots in names are written as two underscores."""
    named = dict.fromkeys(KNOWN, GREEN) | {name.replace("__", "."): level for name, level in levels.items()}
    return [alert(name, level) for name, level in named.items()]


@pytest.mark.parametrize(
    ("at_least", "when", "levels", "level"),
    [
        (2, "red", {"drift.age": RED, "prediction": RED}, RED),
        (2, "red", {"drift.age": RED, "prediction": YELLOW}, GREEN),
        (2, "yellow", {"drift.age": RED, "prediction": YELLOW}, RED),
        (2, "red", {"drift.age": RED, "drift.city": RED}, GREEN),  # two signals of one condition
        (1, "red", {"drift.age": RED, "drift.city": GREEN}, RED),
        (1, "yellow", {"drift.age": UNKNOWN, "prediction": UNKNOWN}, GREEN),
        (1, "yellow", {}, GREEN),
    ],
)
def test_a_composite_counts_conditions_not_signals(at_least, when, levels, level):
    composite = Composite(name="x", of=("drift.*", "prediction"), at_least=at_least, when=when)
    signal = read_composite(composite, [alert(name, each) for name, each in levels.items()])
    assert signal.level is level


def test_a_composite_says_which_signs_it_has():
    composite = Composite(name="both", of=("drift.*", "prediction"), at_least=2, when="red")
    ages, cities = alert("drift.age", RED), alert("drift.city", RED)
    further = replace(cities, signal=replace(cities.signal, value=4.31251))
    signal = read_composite(composite, [ages, further, alert("concept", RED), alert("prediction", RED)])
    assert (signal.name, signal.kind) == ("composite.both", SignalKind.DRIFT)
    assert signal.sentence == "'both' has 2 of 2 signs: drift.city (4.313) and 1 more, prediction (0)"


@pytest.mark.parametrize(
    ("name", "level", "part"),
    [
        ("performance.roc_auc", RED, RED),
        ("performance.roc_auc.plan = basic", RED, RED),
        ("long_performance.roc_auc", RED, RED),
        ("sudden.roc_auc", RED, RED),
        ("slow.roc_auc", RED, RED),
        ("data.rows", RED, RED),
        ("composite.x", RED, RED),
        ("composite.x", YELLOW, YELLOW),
        ("drift.age", RED, YELLOW),
        ("prediction", RED, YELLOW),
        ("label", RED, YELLOW),
        ("calibration", RED, YELLOW),
        ("guard.log_loss", RED, YELLOW),
        ("features", RED, YELLOW),
        ("separation", RED, YELLOW),
        ("estimate.roc_auc", RED, YELLOW),
        ("drift.age", YELLOW, YELLOW),
        ("drift.age", GREEN, GREEN),
        ("drift.age", UNKNOWN, GREEN),
    ],
)
def test_most_kinds_are_a_reason_to_look_and_no_more(name, level, part):
    assert find_part(PLAN, alert(name, level)) is part


def test_what_makes_the_model_red_can_be_told():
    strict = AlertPlan(alone=("drift.*",))
    assert find_part(strict, alert("drift.age", RED)) is RED
    assert find_part(strict, alert("performance.roc_auc", RED)) is YELLOW


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ({}, GREEN),
        ({"drift__age": RED}, YELLOW),
        ({"performance__roc_auc": RED, "drift__age": UNKNOWN}, RED),
        ({"performance__roc_auc": UNKNOWN}, UNKNOWN),
        ({"performance__roc_auc": UNKNOWN, "long_performance__roc_auc": GREEN}, GREEN),
        ({"performance__roc_auc": UNKNOWN, "prediction": YELLOW}, YELLOW),
        ({"prediction": UNKNOWN}, UNKNOWN),
        ({"drift__age": UNKNOWN, "drift__city": GREEN}, GREEN),  # one column that can't be counted
        ({"drift__age": UNKNOWN}, UNKNOWN),
        ({"data__rows": UNKNOWN}, UNKNOWN),
        ({"data__labels": UNKNOWN}, UNKNOWN),
        ({"concept": UNKNOWN, "calibration": UNKNOWN, "slow__roc_auc": UNKNOWN}, GREEN),
    ],
)
def test_the_model_is_unknown_while_something_essential_is(levels, level):
    assert find_level(PLAN, alerts(**levels)) is level


def test_a_segment_that_is_known_does_not_stand_for_everybody():
    found = alerts(performance__roc_auc=UNKNOWN)
    assert find_level(PLAN, [*found, alert("performance.roc_auc.x", GREEN, segment="x")]) is UNKNOWN


def test_why_the_model_is_unknown_is_told_by_what_matters_first():
    found = alerts(prediction=UNKNOWN, data__rows=UNKNOWN, estimate__roc_auc=UNKNOWN, performance__roc_auc=UNKNOWN)
    names = [each.signal.name for each in find_gaps(found)]
    assert names == ["data.rows", "performance.roc_auc", "prediction"]
    assert find_gaps(alerts()) == []
    assert find_gaps([]) == []


def test_nothing_at_all_is_unknown():
    assert find_level(PLAN, []) is UNKNOWN


def test_one_feature_by_itself_never_makes_the_model_red_by_default():
    found = alerts(drift__age=RED)
    composites = [read_composite(each, found) for each in COMPOSITES]
    assert all(each.level is GREEN for each in composites)
    assert len(ESSENTIAL) == 5


@pytest.mark.parametrize(
    ("loss", "error", "overridden"),
    [
        (0.0, 0.002, True),
        (-0.3, 0.002, True),
        (0.019, 0.002, True),
        (0.02, 0.002, False),  # a loss worth a look
        (0.0, 0.05, True),
        (0.0, 0.07, False),  # too few rows to rule a red loss out
        (None, 0.002, False),
        (0.0, None, False),
    ],
)
def test_labels_refute_when_they_show_no_loss(loss, error, overridden):
    performance = make_appraisal(make_figure(loss, error))
    assert (find_label_override(OVERRIDE_PLAN, performance, [week(10)]) is not None) is overridden


def test_only_windows_in_which_the_same_held_count():
    performance = make_appraisal(make_figure(0.0), make_figure(0.01, segment="x"), weekly=[0.0, 0.0])
    assert find_label_override(OVERRIDE_PLAN, performance, [week(12)]) is None
    assert find_label_override(OVERRIDE_PLAN, performance, []) is None
    assert (
        find_label_override(OVERRIDE_PLAN, performance, [week(9)])
        == "a matured window in which the same held lost nothing"
    )
    assert find_label_override(OVERRIDE_PLAN, performance, [week(8), week(9), week(10)]).startswith("3 matured windows")


def test_many_windows_of_few_rows_refute_together():
    earlier = tuple(make_figure(0.0, 0.08, number) for number in range(1, 10))
    held = [week(number) for number in range(1, 11)]
    performance = make_appraisal(make_figure(0.0, 0.08), make_figure(0.01, segment="x"))
    from dataclasses import replace

    assert find_label_override(OVERRIDE_PLAN, performance, held) is None
    assert find_label_override(OVERRIDE_PLAN, replace(performance, weekly=earlier), held) is not None


def test_one_bad_window_among_good_ones_is_not_lost_in_their_mean():
    performance = make_appraisal(make_figure(0.09), weekly=[0.0, 0.0, 0.0])
    assert find_label_override(OVERRIDE_PLAN, performance, [week(number) for number in range(7, 11)]) is None


@pytest.mark.parametrize(
    ("shift", "alike"), [(timedelta(0), True), (timedelta(days=3), True), (timedelta(days=4), False), (2 * WEEK, False)]
)
def test_windows_that_share_half_of_their_time_are_alike(shift, alike):
    window = week(10)
    other = Window(start=window.start + shift, end=window.end + shift)  # type: ignore[operator]
    assert was_like(window, [other]) is alike


@pytest.mark.parametrize(
    ("window", "other", "alike"),
    [
        (Window(start=0, end=100), Window(start=50, end=150), True),
        (Window(start=0, end=100), Window(start=51, end=150), False),
        (Window(start=0, end=100), week(10), False),
        (Window(start=5, end=5), Window(start=0, end=10), False),
    ],
)
def test_windows_of_rows_are_compared_by_rows(window, other, alike):
    assert was_like(window, [other]) is alike


def test_drift_is_red_until_labels_of_its_rows_come_and_yellow_once_they_show_no_loss():
    late = [make_appraisal(make_figure(0.0, number=number - 3)) for number in range(10, 16)]
    reports = monitor_weeks(OVERRIDE_PLAN, [(make_shift(*MOVED), performance) for performance in late])
    red, yellow = AlertLevel.RED, AlertLevel.YELLOW
    assert [report.level for report in reports] == [red, red, red, yellow, yellow, yellow]
    assert "lost nothing" in next(
        each.sentence for each in reports[-1].alerts if "composite.inputs" in each.signal.name
    )


def test_drift_stays_red_when_labels_of_its_rows_show_a_loss():
    late = [make_appraisal(make_figure(0.03, number=number - 1)) for number in range(10, 14)]
    reports = monitor_weeks(OVERRIDE_PLAN, [(make_shift(*MOVED), performance) for performance in late])
    assert [report.level for report in reports] == [AlertLevel.RED] * 4
