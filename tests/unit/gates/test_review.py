"""The gate on what is unusual about a run."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_changes, make_evaluation, make_first_evaluation
from builders.runs import make_config
from ratchet.records.judgement import Decision, GateResult, Outcome
from ratchet.records.review import Changes, FitTime, MetricShift


def ask(changes: Changes | None, **section: object) -> GateResult:
    """Ask the gate about a run with a champion."""
    return ask_gate("review", make_config(gates={"review": section}), make_evaluation(changes=changes))


def make_fit(seconds: float, *, expected: float | None = 100.0, upper: float | None = 150.0) -> FitTime:
    """A fit that usually takes 100 s."""
    return FitTime(candidate="boosting", seconds=seconds, rows=1000, runs=8, expected=expected, upper=upper)


def make_shift(value: float | None, **changes: object) -> MetricShift:
    """A metric that is expected between 0.79 and 0.81."""
    facts = {"metric": "roc_auc", "value": value, "runs": 8, "mean": 0.8, "lower": 0.79, "upper": 0.81}
    return MetricShift(**(facts | changes))  # type: ignore[arg-type]


def test_an_ordinary_week_passes() -> None:
    result = ask(make_changes())
    assert (result.outcome, result.consequence) == (Outcome.PASS, Decision.PROMOTE)
    assert "34,000 training rows (then 33,600)" in result.reason


def test_without_a_champion_there_is_nothing_to_compare_with() -> None:
    result = ask_gate("review", make_config(), make_first_evaluation())
    assert (result.outcome, result.consequence) == (Outcome.NOT_APPLICABLE, Decision.PROMOTE)


@pytest.mark.parametrize(
    "changes",
    [None, Changes(problem="run x has no readable records"), make_changes(champion_rows=None), make_changes(rows=0)],
)
def test_what_can_not_be_compared_is_inconclusive(changes: Changes | None) -> None:
    result = ask(changes)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


@pytest.mark.parametrize(
    ("changes", "switch", "reason"),
    [
        (make_changes(new_features=("age",)), {"new_features": False}, "new features against the champion's run: age"),
        (make_changes(removed_features=("age",)), {"removed_features": False}, "features that are gone: age"),
        (make_changes(rows=70_000), {"rows_factor": None}, "a factor of 2.08, at most 2 is usual"),
        (make_changes(fit=make_fit(301)), {"slow_factor": None}, "took 301 s, 8 earlier ones let expect 100 s"),
        (make_changes(metrics=(make_shift(0.9),)), {"metric_change": None}, "roc_auc is 0.9, 8 earlier runs let"),
    ],
)
def test_each_trigger_holds_with_its_reason_and_can_be_switched_off(
    changes: Changes, switch: dict[str, object], reason: str
) -> None:
    result = ask(changes)
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.HOLD)
    assert reason in result.reason
    assert ask(changes, **switch).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [(67_200, Outcome.PASS), (67_201, Outcome.FAIL), (16_800, Outcome.PASS), (16_799, Outcome.FAIL)],
)
def test_rows_may_double_or_halve(rows: int, outcome: Outcome) -> None:
    assert ask(make_changes(rows=rows)).outcome is outcome


@pytest.mark.parametrize(
    ("fit", "outcome"),
    [
        (make_fit(300.0), Outcome.PASS),
        (make_fit(300.1), Outcome.FAIL),
        (make_fit(400.0, upper=400.0), Outcome.PASS),  # earlier ones differ as much
        (make_fit(31.0, expected=1.0, upper=1.5), Outcome.PASS),  # half a minute more is nothing
        (make_fit(31.1, expected=1.0, upper=1.5), Outcome.FAIL),
        (make_fit(9999.0, expected=None, upper=None), Outcome.PASS),  # nobody knows what is usual
        (make_fit(math.nan), Outcome.FAIL),
        (None, Outcome.PASS),
    ],
)
def test_a_fit_is_slow_beyond_interval_factor_and_slack(fit: FitTime | None, outcome: Outcome) -> None:
    assert ask(make_changes(fit=fit)).outcome is outcome


@pytest.mark.parametrize(
    ("shift", "outcome"),
    [
        (make_shift(0.839), Outcome.PASS),  # outside, but by less than a twentieth
        (make_shift(0.841), Outcome.FAIL),
        (make_shift(0.759), Outcome.FAIL),
        (make_shift(0.761), Outcome.PASS),
        (make_shift(0.9, lower=0.7, upper=0.9), Outcome.PASS),  # by much, but earlier ones differ as much
        (make_shift(None), Outcome.FAIL),
        (make_shift(math.nan), Outcome.FAIL),
        (make_shift(0.9, mean=None, lower=None, upper=None), Outcome.PASS),
    ],
)
def test_a_metric_jumps_when_it_is_shown_and_matters(shift: MetricShift, outcome: Outcome) -> None:
    assert ask(make_changes(metrics=(shift,))).outcome is outcome


def test_all_triggers_are_named_at_once() -> None:
    result = ask(make_changes(new_features=("a",), removed_features=("b",), rows=100_000))
    assert result.reason.count(";") == 2


def test_the_yaml_may_reject_or_ignore() -> None:
    assert ask(make_changes(new_features=("a",)), on_fail="reject").consequence is Decision.REJECT
    assert ask(None, on_inconclusive="ignore").consequence is Decision.PROMOTE
