"""The gate against the champion."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation, make_gain
from builders.runs import make_config
from ratchet.gates.beats_champion import ChampionGate, is_only_not_worse
from ratchet.records.judgement import ChampionRef, Decision, Outcome


def ask(gate=None, **changes):
    evaluation = make_evaluation(champion_gain=make_gain(**changes))
    return ask_gate("beats_champion", make_config(gates={"beats_champion": gate or {}}), evaluation)


@pytest.mark.parametrize(
    ("lower", "min_gain", "outcome"),
    [
        (1e-9, 0.0, Outcome.PASS),
        (0.0, 0.0, Outcome.FAIL),
        (-1e-9, 0.0, Outcome.FAIL),
        (0.0021, 0.002, Outcome.PASS),
        (0.002, 0.002, Outcome.FAIL),
    ],
)
def test_the_lower_bound_decides(lower, min_gain, outcome):
    assert ask({"min_gain": min_gain}, lower=lower).outcome is outcome


@pytest.mark.parametrize(
    ("upper", "said"),
    [(0.01, "not shown to be better"), (0.0, "not shown to be better"), (-0.001, "shown to be worse")],
)
def test_no_evidence_rejects_and_tells_unknown_from_worse(upper, said):
    result = ask(estimate=-0.003, lower=-0.01, upper=upper)
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason.startswith(said)
    assert "smallest gain these 7,326 rows would show: 0.0052" in result.reason


def test_the_first_model_is_unopposed():
    result = ask_gate("beats_champion", make_config(), make_first_evaluation())
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, "no champion yet: unopposed")


def test_a_champion_that_can_not_score_is_inconclusive():
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    result = ask_gate("beats_champion", make_config(), make_evaluation(champion=champion, champion_gain=None))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)
    assert result.reason == "champion 7 can't score these rows: column 'age' is missing"


def test_a_gain_that_was_never_measured_is_inconclusive():
    assert (
        ask_gate("beats_champion", make_config(), make_evaluation(champion_gain=None)).outcome is Outcome.INCONCLUSIVE
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"lower": math.nan},
        {"lower": math.inf},
        {"lower": None, "problem": "all of one class"},
        {"rows": 199},
        {"positives": 99},
    ],
)
@pytest.mark.parametrize("gate", [{}, {"stale": True, "margin": 1.0}])
def test_what_can_not_be_judged_never_passes(changes, gate):
    assert ask(gate, **changes).outcome is Outcome.INCONCLUSIVE


def test_the_limits_of_the_holdout_are_included():
    assert ask(rows=200, positives=100).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("lower", "outcome"), [(-0.0099, Outcome.PASS), (-0.01, Outcome.FAIL), (-0.0101, Outcome.FAIL)]
)
def test_a_stale_champion_is_replaced_by_one_that_is_not_worse(lower, outcome):
    assert ask({"stale": True, "margin": 0.01}, lower=lower).outcome is outcome


def test_not_worse_is_not_called_better():
    reason = ask({"stale": True, "margin": 0.01}, lower=-0.002).reason
    assert reason.startswith("not worse than the stale champion by 0.01, not shown to be better: roc_auc gain")


def test_a_better_challenger_of_a_stale_champion_is_called_better():
    assert ask({"stale": True, "margin": 0.01}, lower=0.002).reason.startswith("roc_auc gain")


def test_a_margin_without_a_stale_champion_counts_for_nothing():
    assert ask({"margin": 0.5}, lower=-0.001).outcome is Outcome.FAIL


def test_a_failure_against_a_stale_champion_speaks_of_the_margin():
    reason = ask({"stale": True, "margin": 0.001}, lower=-0.002).reason
    assert reason.startswith("not shown to be not worse")
    assert "needs > -0.001" in reason


@pytest.mark.parametrize(
    ("stale", "lower", "expected"),
    [(True, -0.001, True), (True, 0.001, False), (True, -0.02, False), (True, math.nan, False), (False, -0.001, False)],
)
def test_only_not_worse_is_for_stale_champions_within_the_margin(stale, lower, expected):
    assert is_only_not_worse(ChampionGate(stale=stale, margin=0.01), make_gain(lower=lower)) is expected


def test_no_gain_is_not_not_worse():
    assert not is_only_not_worse(ChampionGate(stale=True, margin=0.01), None)
