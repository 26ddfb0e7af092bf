"""The gate on slices."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation, make_gain
from builders.runs import make_config
from ratchet.gates.no_slice_worse import is_part
from ratchet.records.judgement import ChampionRef, Decision, Outcome


def ask(*gains, tolerance=0.05, slices=None, **evaluation):
    names = slices or [gain.slice for gain in gains]
    config = make_config(
        evaluation={"slices": [{"name": name, "column": "city", "values": [name]} for name in names]},
        gates={"no_slice_worse": {"tolerance": tolerance}},
    )
    return ask_gate("no_slice_worse", config, make_evaluation(slice_gains=gains, **evaluation))


def make_part(name="oslo", **changes):
    """A slice on which the champion has 0.8, so that 5 % of it is 0.04."""
    return make_gain(name, **({"rows": 500, "positives": 100, "opponent_value": 0.8} | changes))


@pytest.mark.parametrize(
    ("lower", "outcome"), [(-0.0399, Outcome.PASS), (-0.0401, Outcome.INCONCLUSIVE), (-0.05, Outcome.INCONCLUSIVE)]
)
def test_a_slice_passes_above_the_tolerance(lower, outcome):
    assert ask(make_part(lower=lower)).outcome is outcome


def test_the_tolerance_follows_the_size_of_a_loss_too():
    assert ask(make_part(opponent_value=-2.0, lower=-0.09)).outcome is Outcome.PASS


def test_a_pass_says_what_was_asked():
    reason = ask(make_part("oslo"), make_part("bern")).reason
    assert reason == "none of 2 slices is worse by more than 5 % of the champion's figure"


def test_a_slice_that_is_shown_to_be_worse_fails():
    result = ask(make_part(estimate=-0.08, lower=-0.12, upper=-0.04))
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason.startswith("shown to be worse: slice oslo: roc_auc gain -0.080 [-0.120, -0.040]")


@pytest.mark.parametrize(
    ("estimate", "upper"),
    [(-0.039, -0.001), (-0.08, 0.001)],
    ids=["worse, but perhaps within the tolerance", "perhaps not worse at all"],
)
def test_between_pass_and_fail_it_is_inconclusive(estimate, upper):
    assert ask(make_part(estimate=estimate, lower=-0.12, upper=upper)).outcome is Outcome.INCONCLUSIVE


def test_the_more_slices_the_more_it_takes_to_call_one_worse():
    worse = make_part("worse", estimate=-0.08, lower=-0.155, upper=-0.005)
    good = [make_part(f"good{number}") for number in range(9)]
    assert ask(worse).outcome is Outcome.FAIL
    assert ask(worse, *good).outcome is Outcome.INCONCLUSIVE


def test_the_worst_slice_decides():
    worse, unknown = make_part("worse", estimate=-0.08, lower=-0.12, upper=-0.04), make_part("small", rows=99)
    assert ask(make_part(), unknown).outcome is Outcome.INCONCLUSIVE
    assert ask(unknown, make_part(), worse).outcome is Outcome.FAIL


def test_several_reasons_are_counted():
    assert ask(make_part("a", rows=1), make_part("b", rows=1)).reason == (
        "slice a: 1 rows are too few to judge, needs 100; and 1 more of 2 slices"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 99},
        {"positives": 24},
        {"lower": math.nan},
        {"lower": math.inf},
        {"lower": None, "problem": "the holdout has no column 'city'"},
        {"opponent_value": None},
        {"opponent_value": math.nan},
    ],
)
def test_a_slice_that_can_not_be_judged_is_inconclusive(changes):
    result = ask(make_part("good"), make_part("bad", **changes))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)
    assert result.reason.startswith("slice bad: ")


def test_a_slice_that_was_not_measured_is_inconclusive():
    assert ask(make_part("oslo"), slices=["oslo", "bern"]).reason == "slice bern: was not measured"


def test_nothing_is_asked_without_slices():
    assert ask_gate("no_slice_worse", make_config(), make_evaluation()).outcome is Outcome.NOT_APPLICABLE


def test_nothing_is_asked_without_a_champion():
    slices = [{"name": "oslo", "column": "city", "values": ["Oslo"]}]
    config = make_config(evaluation={"slices": slices})
    assert ask_gate("no_slice_worse", config, make_first_evaluation()).outcome is Outcome.NOT_APPLICABLE


def test_a_champion_that_can_not_score_is_inconclusive():
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    assert ask(make_part(), champion=champion).outcome is Outcome.INCONCLUSIVE


def test_a_slice_is_judged_by_its_own_gain_and_by_those_of_its_parts():
    assert [is_part(each, "old", is_cut=False) for each in ("old", "old 1 of 2")] == [True, False]
    parts = ("age 1 of 2 (below 3)", "age", "ages 1 of 2")
    assert [is_part(each, "age", is_cut=True) for each in parts] == [True, True, False]
    cut = make_config(evaluation={"slices": [{"name": "age", "column": "age", "bins": 2}]})
    gains = (make_part("age 1 of 2 (below 3)"), make_part("age 2 of 2", lower=-0.1, estimate=-0.08, upper=-0.05))
    assert ask_gate("no_slice_worse", cut, make_evaluation(slice_gains=gains)).outcome is Outcome.FAIL
