"""The gate on the slices that a search found."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation, make_gain
from builders.runs import make_config
from ratchet.records.holdout import Level, SliceFinding
from ratchet.records.judgement import ChampionRef, Decision, Outcome


def make_weak(name="city is Oslo", **changes):
    """A slice on which the champion has 0.8, so that 5 % of it is 0.04."""
    return make_gain(name, **({"rows": 500, "positives": 100, "opponent_value": 0.8} | changes))


def make_level(name="city is Oslo", **changes):
    facts = {"metric": "roc_auc", "rows": 500, "positives": 100, "value": 0.75, "lower": 0.71, "upper": 0.79}
    return Level(slice=name, everywhere=0.8, confidence=0.99, **(facts | changes))


def ask(*gains, levels=(), floor=None, problem=None, enabled=True, **evaluation):
    config = make_config(
        evaluation={"slice_search": {"enabled": enabled}}, gates={"weakest_slice": {"floor": floor, "tolerance": 0.05}}
    )
    search = SliceFinding(tried=800, against="champion", levels=tuple(levels), problem=problem)
    facts = {"weak_slices": gains, "slice_search": search} | evaluation
    return ask_gate("weakest_slice", config, make_evaluation(**facts))


def ask_first(*levels, floor=None):
    config = make_config(gates={"weakest_slice": {"floor": floor}})
    search = SliceFinding(tried=800, against="average", levels=levels)
    return ask_gate("weakest_slice", config, make_first_evaluation(slice_search=search))


def test_a_slice_that_is_shown_to_be_worse_fails():
    result = ask(make_weak(estimate=-0.08, lower=-0.12, upper=-0.04))
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason.startswith("shown to be worse: city is Oslo: roc_auc gain -0.080 [-0.120, -0.040]")


@pytest.mark.parametrize(
    ("estimate", "upper", "outcome"),
    [
        (-0.0401, -0.001, Outcome.FAIL),
        (-0.0399, -0.001, Outcome.PASS),
        (-0.08, 0.001, Outcome.PASS),
    ],
    ids=["beyond the tolerance", "within the tolerance", "perhaps not worse at all"],
)
def test_worse_is_below_zero_for_certain_and_beyond_the_tolerance(estimate, upper, outcome):
    assert ask(make_weak(estimate=estimate, lower=-0.12, upper=upper)).outcome is outcome


def test_a_pass_says_what_would_have_shown():
    reason = ask(make_weak(), make_weak("age below 30", estimate=-0.01, lower=-0.02, upper=0.0, detectable=0.03)).reason
    assert reason.startswith("none of the 2 weakest of 800 slices tried on validation is shown to be worse; age below")
    assert "smallest gain these 500 rows would show: 0.03" in reason


def test_the_more_slices_were_kept_the_more_it_takes():
    worse = make_weak("worse", estimate=-0.08, lower=-0.155, upper=-0.005)
    assert ask(worse).outcome is Outcome.FAIL
    assert ask(worse, *(make_weak(f"good{number}") for number in range(9))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 99},
        {"positives": 24},
        {"estimate": math.nan},
        {"upper": None, "problem": "all rows are of one class"},
        {"opponent_value": None},
    ],
)
def test_slices_that_can_not_be_judged_are_no_pass(changes):
    result = ask(make_weak("bad", **changes))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)
    assert "bad: " in result.reason
    assert ask(make_weak("bad", **changes), make_weak()).outcome is Outcome.PASS


def test_nothing_found_is_no_pass():
    assert ask().outcome is Outcome.INCONCLUSIVE


def test_nothing_searched_is_no_pass():
    result = ask(problem="10 rows of validation are too few")
    assert (result.outcome, result.reason) == (
        Outcome.INCONCLUSIVE,
        "no slice was searched: 10 rows of validation are too few",
    )
    assert ask(make_weak(), slice_search=None).outcome is Outcome.INCONCLUSIVE


def test_a_champion_that_can_not_score_is_inconclusive():
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    assert ask(make_weak(), champion=champion).outcome is Outcome.INCONCLUSIVE


def test_nothing_is_asked_where_the_search_is_off_or_nobody_is_there_to_beat():
    assert ask(make_weak(), enabled=False).outcome is Outcome.NOT_APPLICABLE
    assert ask_first(make_level(value=0.1, lower=0.0, upper=0.2)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("floor", "outcome"), [(0.789, Outcome.PASS), (0.791, Outcome.FAIL), (0.75, Outcome.PASS), (0.5, Outcome.PASS)]
)
def test_a_floor_fails_what_is_shown_to_miss_it(floor, outcome):
    assert ask_first(make_level(), floor=floor).outcome is outcome


@pytest.mark.parametrize(("floor", "outcome"), [(0.709, Outcome.FAIL), (0.711, Outcome.PASS)])
def test_a_loss_misses_a_floor_by_being_above_it(floor, outcome):
    result = ask_first(make_level(metric="log_loss"), floor=floor)
    assert result.outcome is outcome
    assert "needs at most" in result.reason


def test_a_level_is_written_no_further_than_its_metric_can_be():
    result = ask_first(make_level(metric="brier", value=0.1, lower=-0.08, upper=0.3), floor=0.2)
    assert "brier 0.1 [0, 0.3]" in result.reason


@pytest.mark.parametrize("changes", [{"rows": 99}, {"positives": 24}, {"value": None}, {"lower": math.nan}])
def test_levels_that_can_not_be_judged_are_no_pass(changes):
    assert ask_first(make_level(**changes), floor=0.5).outcome is Outcome.INCONCLUSIVE


def test_floor_and_champion_are_both_asked():
    assert ask(make_weak(), levels=[make_level()], floor=0.9).outcome is Outcome.FAIL
    assert ask(make_weak(rows=1), levels=[make_level()], floor=0.5).outcome is Outcome.INCONCLUSIVE
    assert ask(make_weak(), levels=[make_level()], floor=0.5).outcome is Outcome.PASS
