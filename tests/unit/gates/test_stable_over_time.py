"""The gate on the periods of the holdout."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation, make_gain, make_periods
from builders.runs import make_config
from ratchet.records.holdout import Periods, Quartiles
from ratchet.records.judgement import ChampionRef, Decision, Outcome

NAMES = ("period 1 of 2", "period 2 of 2")


def make_part(name=NAMES[0], **changes):
    """A period in which the champion has 0.8, so that 5 % of it is 0.04."""
    facts = {"rows": 100, "positives": 20, "opponent_value": 0.8, "estimate": 0.0, "lower": -0.1, "upper": 0.1}
    return make_gain(name, **(facts | changes))


def ask(*gains, gate=None, count=4, **evaluation):
    config = make_config(evaluation={"periods": count}, gates={"stable_over_time": gate or {}})
    facts = {"periods": make_periods(NAMES), "period_gains": gains or (make_part(), make_part(NAMES[1]))}
    return ask_gate("stable_over_time", config, make_evaluation(**(facts | evaluation)))


def test_periods_that_are_not_shown_to_be_worse_pass():
    result = ask(make_part(estimate=-0.02), make_part(NAMES[1]))
    assert result.outcome is Outcome.PASS
    assert result.reason == (
        "in none of 2 periods shown to be worse by more than 5 %; the worst is period 1 of 2: roc_auc gain -0.02"
    )


def test_a_period_that_is_shown_to_be_worse_fails():
    result = ask(make_part(), make_part(NAMES[1], estimate=-0.2, lower=-0.3, upper=-0.1))
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason.startswith("period 2 of 2: shown to be worse: roc_auc gain -0.200 [-0.300, -0.100]")


@pytest.mark.parametrize(("estimate", "outcome"), [(-0.0399, Outcome.PASS), (-0.0401, Outcome.FAIL)])
def test_the_tolerance_has_two_sides(estimate, outcome):
    assert ask(make_part(estimate=estimate, upper=estimate + 0.001), make_part(NAMES[1])).outcome is outcome


@pytest.mark.parametrize(("upper", "outcome"), [(-0.0125, Outcome.FAIL), (-0.011, Outcome.PASS)])
def test_the_confidence_is_shared_among_the_periods(upper, outcome):
    assert ask(make_part(estimate=-0.12, upper=upper), make_part(NAMES[1])).outcome is outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 49},
        {"positives": 9},
        {"estimate": math.nan},
        {"upper": None, "problem": "roc_auc is not defined: all 100 rows are of one class"},
        {"opponent_value": math.nan},
        {"opponent_value": None},
    ],
)
def test_a_period_that_can_not_be_judged_is_inconclusive(changes):
    result = ask(make_part(**changes), make_part(NAMES[1]))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)
    assert result.reason.startswith("period 1 of 2: ")


def test_a_period_that_was_not_measured_is_inconclusive():
    assert ask(make_part()).reason == "period 2 of 2: was not measured"


def test_a_failure_comes_before_what_is_not_known():
    assert ask(make_part(rows=1), make_part(NAMES[1], estimate=-0.2, upper=-0.1)).outcome is Outcome.FAIL


def test_several_reasons_are_counted():
    assert ask(make_part(rows=1), make_part(NAMES[1], rows=2)).reason.endswith("needs 50; and 1 more")


@pytest.mark.parametrize(
    ("spread", "outcome"),
    [(0.1, Outcome.PASS), (0.1001, Outcome.FAIL), (math.nan, Outcome.INCONCLUSIVE), (None, Outcome.INCONCLUSIVE)],
)
def test_the_spread_has_a_limit_where_the_yaml_gives_one(spread, outcome):
    quartiles = None if spread is None else Quartiles(lower=0.7, median=0.8, upper=0.8, spread=spread)
    periods = make_periods(NAMES, challenger=quartiles)
    assert ask(gate={"max_spread": 0.1}, periods=periods).outcome is outcome
    assert ask(periods=periods).outcome is Outcome.PASS
    first = make_first_evaluation(periods=periods)
    assert (
        ask_gate("stable_over_time", make_config(gates={"stable_over_time": {"max_spread": 0.1}}), first).outcome
        is outcome
    )


def test_without_a_champion_and_a_limit_nothing_is_asked():
    assert (
        ask_gate("stable_over_time", make_config(), make_first_evaluation(periods=make_periods(NAMES))).outcome
        is Outcome.NOT_APPLICABLE
    )


def test_a_champion_that_can_not_score_is_inconclusive():
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    assert ask(champion=champion).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("periods", [None, Periods(metric="roc_auc", problem="3 rows can't be cut"), Periods()])
def test_periods_that_are_missing_are_no_pass(periods):
    assert ask(periods=periods).outcome is Outcome.INCONCLUSIVE


def test_no_periods_are_not_applicable():
    assert ask(count=1, periods=None).outcome is Outcome.NOT_APPLICABLE


def test_without_a_champion_or_a_limit_nothing_is_asked_of_periods_that_can_not_be_cut() -> None:
    uncut = make_periods(problem="3 rows of so few times can't be cut into 4 periods")
    assert (
        ask_gate("stable_over_time", make_config(), make_first_evaluation(periods=uncut)).outcome
        is Outcome.NOT_APPLICABLE
    )
    assert ask_gate("stable_over_time", make_config(), make_evaluation(periods=uncut)).outcome is Outcome.INCONCLUSIVE
