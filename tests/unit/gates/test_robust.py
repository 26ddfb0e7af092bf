"""Changed rows must not harm the challenger more than the champion."""

import math
from dataclasses import replace

import pytest

from builders.behaviour import make_behaviour, make_stress
from builders.gates import ask_gate
from builders.runs import make_config
from ratchet.records.judgement import Decision, Outcome

OTHERS_OFF = {"unit": False, "category": False, "noise": False, "drift": False}


def ask(stress=None, *, plan=OTHERS_OFF, gates=None, stresses=None, **changes):
    config = make_config(behaviour={"stress": plan}, gates={"robust": {"tolerance": 0.1} | (gates or {})})
    return ask_gate(
        "robust", config, make_behaviour(stresses=stresses if stresses is not None else (stress,), **changes)
    )


def make_changed(*, loss=None, **changes):
    stress = make_stress()
    return replace(stress, gain=replace(stress.gain, **changes), loss=replace(stress.loss, **(loss or {})))


def test_a_challenger_that_bears_as_much_passes():
    result = ask(make_stress())
    assert (result.outcome, result.consequence) == (Outcome.PASS, Decision.PROMOTE)


WORSE = {"loss": {"estimate": -0.2}, "lower": -0.3, "upper": -0.01}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        (WORSE | {"estimate": -0.0876}, Outcome.FAIL),  # the limit is a tenth of 0.875
        (WORSE | {"estimate": -0.0874}, Outcome.PASS),
        (WORSE | {"estimate": -0.2, "upper": 0.01}, Outcome.PASS),  # not shown
        (WORSE | {"estimate": -0.2, "loss": {"estimate": -0.031}}, Outcome.PASS),  # it loses less than the champion
        (WORSE | {"estimate": -0.2, "loss": {"estimate": -0.033}}, Outcome.FAIL),
    ],
)
def test_fragility_must_be_shown_and_be_beyond_the_tolerance(changes, outcome):
    result = ask(make_changed(**changes))
    assert result.outcome is outcome
    assert result.consequence is (Decision.HOLD if outcome is Outcome.FAIL else Decision.PROMOTE)


def test_the_more_stresses_there_are_the_more_it_takes_to_fail():
    worse = make_changed(estimate=-0.2, lower=-0.39, upper=-0.01, loss={"estimate": -0.3})
    assert ask(worse).outcome is Outcome.FAIL
    every = make_behaviour().stresses
    assert ask(plan={}, stresses=(worse, *every[1:])).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "stress",
    [
        make_stress(gain=None),
        make_stress(problem="the changed rows can't be scored"),
        make_stress("unit"),
        make_changed(rows=0),
        make_changed(rows=199),
        make_changed(positives=24),
        make_changed(estimate=math.nan),
        make_changed(upper=None),
        make_changed(opponent_value=None),
        make_changed(problem="all rows are of one class"),
    ],
)
def test_what_was_not_measured_is_never_a_pass(stress):
    result = ask(stress)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


@pytest.mark.parametrize(
    ("estimate", "upper", "outcome"),
    [(-0.10, -0.05, Outcome.FAIL), (-0.09, -0.05, Outcome.PASS), (-0.2, 0.01, Outcome.PASS)],
)
def test_an_unopposed_challenger_has_a_limit_where_the_yaml_sets_one(estimate, upper, outcome):
    stress = make_stress(gain=None, champion_loss=None)
    stress = replace(stress, loss=replace(stress.loss, estimate=estimate, lower=-0.3, upper=upper))
    assert ask(stress, gates={"max_loss": 0.1}, has_champion=False).outcome is outcome
    assert ask(stress, has_champion=False).outcome is Outcome.NOT_APPLICABLE


def test_a_limit_without_a_measured_loss_waits():
    stress = make_stress(gain=None, loss=None)
    assert ask(stress, gates={"max_loss": 0.1}, has_champion=False).outcome is Outcome.INCONCLUSIVE


def test_a_stress_that_says_nothing_about_these_rows_is_no_matter():
    skipped = make_stress(skipped="no numeric feature has a value", gain=None)
    assert ask(skipped).outcome is Outcome.NOT_APPLICABLE
    assert ask(plan=dict.fromkeys((*OTHERS_OFF, "nulls"), False), stresses=()).outcome is Outcome.NOT_APPLICABLE


def test_a_champion_that_can_not_be_asked_and_no_probing_wait():
    stress = make_stress(gain=None)
    result = ask(stress, champion_problem="other columns")
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "other columns" in result.reason
    assert ask(stress, problem="no rows").outcome is Outcome.INCONCLUSIVE
