from dataclasses import replace

import pytest

from builders.watching import make_alert, make_signal
from ratchet.alerts.composites import ESSENTIAL, find_gaps, find_level, find_part, read_composite
from ratchet.config.alerts import COMPOSITES, AlertPlan, Composite
from ratchet.records.alerts import Alert, AlertLevel, SignalKind

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
PLAN = AlertPlan()
KNOWN = ("performance.roc_auc", "drift.age", "prediction", "data.rows", "data.labels")


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
