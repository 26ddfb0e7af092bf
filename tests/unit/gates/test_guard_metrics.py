"""The gate on guard metrics: one result for each of them."""

import math

import pytest

from builders.gates import ask_gate_for_all
from builders.records import make_evaluation, make_first_evaluation, make_gain
from builders.runs import make_config
from ratchet.records.judgement import ChampionRef, Decision, Outcome


def make_guard(metric="log_loss", **changes):
    """A guard on which the champion has 0.4, so that 5 % of it is 0.02."""
    facts = {"metric": metric, "estimate": 0.0, "lower": -0.01, "upper": 0.01, "opponent_value": 0.4}
    return make_gain(**(facts | changes))


def ask_all(*gains, names=("log_loss",), gate=None, **evaluation):
    config = make_config(
        evaluation={"guards": [{"metric": name} for name in names]}, gates={"guard_metrics": gate or {}}
    )
    return ask_gate_for_all("guard_metrics", config, make_evaluation(guard_gains=gains, **evaluation))


def ask(*gains, **settings):
    return ask_all(*gains, **settings)[0]


@pytest.mark.parametrize(("lower", "outcome"), [(-0.0199, Outcome.PASS), (-0.0201, Outcome.INCONCLUSIVE)])
def test_a_guard_passes_above_its_tolerance(lower, outcome):
    assert ask(make_guard(lower=lower)).outcome is outcome


def test_each_guard_has_a_result_of_its_own():
    results = ask_all(
        make_guard(), make_guard("f1", estimate=-0.08, lower=-0.1, upper=-0.05), names=("log_loss", "f1", "brier")
    )
    assert [(each.gate, each.outcome) for each in results] == [
        ("guard_log_loss", Outcome.PASS),
        ("guard_f1", Outcome.FAIL),
        ("guard_brier", Outcome.INCONCLUSIVE),
    ]
    assert results[2].reason == "the gain in brier was not measured"


def test_a_failure_says_what_was_measured_and_the_limit():
    result = ask(make_guard(estimate=-0.08, lower=-0.1, upper=-0.05))
    assert result.consequence is Decision.REJECT
    assert result.reason.startswith("shown to be worse: log_loss gain -0.080 [-0.100, -0.050] at 99 %, needs > -0.02")
    assert result.reason.endswith("(5 % of the champion's 0.4)")


@pytest.mark.parametrize(
    ("estimate", "upper"), [(-0.0199, -0.001), (-0.08, 0.001)], ids=["within the tolerance", "perhaps not worse"]
)
def test_between_pass_and_fail_it_is_inconclusive(estimate, upper):
    assert ask(make_guard(estimate=estimate, lower=-0.12, upper=upper)).outcome is Outcome.INCONCLUSIVE


def test_the_more_guards_the_more_it_takes_to_call_one_worse():
    worse = make_guard(estimate=-0.08, lower=-0.155, upper=-0.005)
    assert ask(worse).outcome is Outcome.FAIL
    assert ask(worse, names=("log_loss", "f1", "brier", "recall")).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 199},
        {"positives": 99},
        {"rows": 0, "positives": 0},
        {"lower": math.nan},
        {"estimate": math.nan},
        {"lower": None, "problem": "log_loss is not defined: no rows"},
        {"opponent_value": None},
        {"opponent_value": math.nan},
    ],
)
def test_a_guard_that_can_not_be_judged_is_inconclusive(changes):
    result = ask(make_guard(**changes))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_equal_models_pass():
    assert ask(make_guard(lower=0.0, upper=0.0)).outcome is Outcome.PASS


def test_the_yaml_says_what_an_answer_does():
    unsure = make_guard(rows=1)
    assert ask(unsure, gate={"on_inconclusive": "ignore"}).consequence is Decision.PROMOTE
    worse = make_guard(estimate=-0.08, lower=-0.1, upper=-0.05)
    assert ask(worse, gate={"on_fail": "hold"}).consequence is Decision.HOLD


def test_without_a_champion_nothing_is_asked():
    result = ask_gate_for_all("guard_metrics", make_config(), make_first_evaluation())[0]
    assert (result.gate, result.outcome) == ("guard_log_loss", Outcome.NOT_APPLICABLE)


def test_a_champion_that_can_not_score_is_inconclusive():
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    assert ask(make_guard(), champion=champion).outcome is Outcome.INCONCLUSIVE


def test_no_guards_are_not_applicable():
    assert [(each.gate, each.outcome) for each in ask_all(names=())] == [("guard_metrics", Outcome.NOT_APPLICABLE)]
