"""Which figures are believed, what counts as worse, what parts come to, and what an outcome asks of the verdict."""

import math

import pytest

from builders.calibration import make_bounded
from builders.records import make_gain
from ratchet.gates.evidence import (
    allowed_loss,
    answer,
    bonferroni_factor,
    count_decimals,
    describe_gain,
    find_champion_obstacle,
    find_champion_problem,
    find_gap,
    find_obstacle,
    find_shortage,
    find_worst,
    is_above,
    is_finite,
    is_measured,
    is_number,
    is_shown_worse,
    judge_not_worse,
    list_reasons,
    lower_bound_among,
    worst_of,
)
from ratchet.gates.gate import GateSection
from ratchet.gates.weakest_slice import WeakestSliceGate
from ratchet.records.calibration import Bounded
from ratchet.records.judgement import ChampionRef, Decision, Outcome

NEEDS = WeakestSliceGate(min_rows=200, min_positives=100)


@pytest.mark.parametrize("figure", [None, math.nan, math.inf, -math.inf])
def test_nothing_but_a_finite_number_is_evidence(figure):
    assert not is_number(figure)
    assert not is_finite(0.1, figure)
    assert not is_above(figure, -1.0)


def test_finite_numbers_are_evidence():
    assert is_finite(0.0, -1.0)
    assert is_number(0.0)


@pytest.mark.parametrize(("figure", "passes"), [(0.0100001, True), (0.01, False), (0.0099999, False)])
def test_above_is_strict(figure, passes):
    assert is_above(figure, 0.01) is passes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": 199}, "199 rows are too few to judge, needs 200"),
        ({"positives": 99}, "99 rows of the rarest class are too few"),
        (
            {"positives": 8, "rarest": "cat"},
            "8 rows of the rarest class 'cat' are too few to judge, needs 100; deliver more",
        ),
        ({"problem": "all of one class", "lower": None}, "all of one class"),
        ({"lower": math.nan}, "not a finite number"),
        ({"upper": math.inf}, "not a finite number"),
        ({"estimate": None}, "not a finite number"),
    ],
)
def test_what_can_not_be_judged_says_why(changes, said):
    assert said in find_obstacle(make_gain(**changes), NEEDS)


@pytest.mark.parametrize("changes", [{"rows": 200, "positives": 100}, {"positives": None}])
def test_enough_rows_are_no_obstacle(changes):
    assert find_obstacle(make_gain(**changes), NEEDS) is None


@pytest.mark.parametrize(
    ("rows", "positives", "said"),
    [
        (199, 100, "199 rows are too few to judge costs, needs 200"),
        (200, 99, "99 rows of the rarest class are too few to judge, needs 100"),
        (200, 100, None),
        (200, None, None),
    ],
)
def test_too_few_rows_say_how_many_are_needed(rows, positives, said):
    assert find_shortage(NEEDS, rows, positives, subject=" costs") == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"opponent_value": None}, "no figure"),
        ({"opponent_value": math.nan}, "no figure"),
        ({"rows": 1, "opponent_value": None}, "1 rows are too few to judge, needs 200"),
    ],
)
def test_an_opponent_without_a_figure_gives_no_yardstick(changes, said):
    assert find_gap(make_gain(**changes), NEEDS, without_figure="no figure") == said


def test_a_gain_reads_as_one_sentence():
    gain = make_gain(estimate=0.0123, lower=0.0041, upper=0.0205, rows=2700, detectable=0.009)
    assert describe_gain(gain, 0.0) == (
        "roc_auc gain +0.0123 [+0.0041, +0.0205] at 99 %, needs > 0; smallest gain these 2,700 rows would show: 0.00900"
    )


@pytest.mark.parametrize(("detectable", "written"), [(152.4, "152"), (12.34, "12.3"), (0.0052, "0.00520")])
def test_what_rows_would_show_is_written_like_the_gain(detectable, written):
    assert describe_gain(make_gain(detectable=detectable), 0.0).endswith(f"rows would show: {written}")


@pytest.mark.parametrize(("metric", "bounds"), [("roc_auc", "[-1.00, +0.40]"), ("rmse", "[-2.96, +0.40]")])
def test_bounds_are_written_no_further_than_the_metric_can_be(metric, bounds):
    assert bounds in describe_gain(make_gain(metric=metric, estimate=-1.00, lower=-2.96, upper=0.4), 0.0)


@pytest.mark.parametrize("detectable", [None, math.nan])
def test_an_unknown_detectable_gain_is_left_out(detectable):
    assert describe_gain(make_gain(detectable=detectable), 0.5).endswith("needs > 0.5")


@pytest.mark.parametrize(("largest", "decimals"), [(0.0205, 4), (12.3, 1), (4500.0, 0), (0.0, 4), (1e-20, 8)])
def test_decimals_follow_the_size(largest, decimals):
    assert count_decimals(largest) == decimals


@pytest.mark.parametrize(
    ("outcome", "settings", "consequence"),
    [
        (Outcome.PASS, {"on_inconclusive": "reject"}, Decision.PROMOTE),
        (Outcome.NOT_APPLICABLE, {"on_inconclusive": "reject"}, Decision.PROMOTE),
        (Outcome.FAIL, {"on_inconclusive": "ignore"}, Decision.REJECT),
        (Outcome.FAIL, {"on_fail": "hold"}, Decision.HOLD),
        (Outcome.INCONCLUSIVE, {"on_fail": "hold", "on_inconclusive": "reject"}, Decision.REJECT),
        (Outcome.INCONCLUSIVE, {"on_inconclusive": "ignore"}, Decision.PROMOTE),
        (Outcome.INCONCLUSIVE, {}, Decision.HOLD),
    ],
)
def test_each_setting_counts_for_its_outcome_only(outcome, settings, consequence):
    assert answer("gate", outcome, "why", GateSection(**settings)).consequence is consequence


GOOD, UNSURE, BAD = (Outcome.PASS, "a"), (Outcome.INCONCLUSIVE, "b"), (Outcome.FAIL, "c")
UNASKED = (Outcome.NOT_APPLICABLE, "d")


@pytest.mark.parametrize(
    ("findings", "worst"),
    [
        ([GOOD, UNSURE, BAD, BAD], (Outcome.FAIL, "c; c")),
        ([UNSURE, GOOD], (Outcome.INCONCLUSIVE, "b")),
        ([GOOD, GOOD], (Outcome.PASS, "a; a")),
    ],
)
def test_the_worst_part_decides_and_says_why(findings, worst):
    assert worst_of(findings) == worst


@pytest.mark.parametrize("findings", [[], [GOOD], [UNASKED]])
def test_nothing_stands_in_the_way_of_passes(findings):
    assert find_worst(findings) is None


def test_only_the_first_reasons_are_given_and_the_others_counted():
    found = find_worst([BAD, UNSURE, BAD, BAD], shown=1, among=" of 4 slices")
    assert found == (Outcome.FAIL, "c; and 2 more of 4 slices")


@pytest.mark.parametrize(
    ("reasons", "shown", "said"),
    [
        ([], 3, ""),
        (["a", "b"], None, "a; b"),
        (["a", "b"], 2, "a; b"),
        (["a", "b", "c"], 2, "a; b; and 1 more"),
    ],
)
def test_reasons_stand_side_by_side(reasons, shown, said):
    assert list_reasons(reasons, shown=shown) == said


@pytest.mark.parametrize(
    ("champion", "obstacle", "problem"),
    [
        (None, (Outcome.NOT_APPLICABLE, "nobody yet"), None),
        (ChampionRef(version=1, run_id="run-1"), None, None),
        (
            ChampionRef(version=1, run_id="run-1", problem="no column 'x'"),
            (Outcome.INCONCLUSIVE, "the champion can't score these rows: no column 'x'"),
            "the champion can't score these rows: no column 'x'",
        ),
    ],
)
def test_a_champion_that_is_absent_or_can_not_score_is_no_yardstick(champion, obstacle, problem):
    assert find_champion_obstacle(champion, absent="nobody yet") == obstacle
    assert find_champion_problem(champion) == problem


@pytest.mark.parametrize(("value", "loss"), [(0.8, 0.04), (-2.0, 0.1), (None, 0.0)])
def test_the_tolerance_is_a_share_of_the_champion_s_figure(value, loss):
    assert allowed_loss(make_gain(opponent_value=value), 0.05) == pytest.approx(loss)


@pytest.mark.parametrize(
    ("estimate", "upper", "worse"),
    [(-0.1, -0.01, True), (-0.1, 0.01, False), (-0.03, -0.01, False), (None, -0.01, False), (-0.1, None, False)],
)
def test_worse_is_below_zero_for_certain_and_beyond_the_limit(estimate, upper, worse):
    assert is_shown_worse(make_gain(estimate=estimate, upper=upper), -0.05, looks=1) is worse


def test_the_more_looks_the_more_it_takes():
    gain = make_gain(estimate=-0.1, upper=-0.01)
    assert [is_shown_worse(gain, -0.05, looks=looks) for looks in (1, 2, 20)] == [True, True, False]


@pytest.mark.parametrize(("looks", "factor"), [(1, 1.0), (2, 1.95996 / 1.64485), (10, 2.57583 / 1.64485)])
def test_a_bound_for_several_looks_lies_further_out(looks, factor):
    assert bonferroni_factor(looks, confidence=0.95) == pytest.approx(factor, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({"estimate": 0.0, "lower": -0.04, "upper": 0.04}, Outcome.PASS, "found"),
        ({"estimate": -0.1, "lower": -0.2, "upper": -0.01}, Outcome.FAIL, "shown to be worse: found"),
        ({"estimate": -0.01, "lower": -0.06, "upper": 0.04}, Outcome.INCONCLUSIVE, "not shown to be not worse: found"),
        ({"estimate": None, "lower": None, "upper": None}, Outcome.INCONCLUSIVE, "not shown to be not worse: found"),
    ],
)
def test_not_worse_must_be_shown_to_pass_and_worse_to_fail(changes, outcome, said):
    assert judge_not_worse(make_gain(**changes), -0.05, "found", looks=1) == (outcome, said)


def test_more_parts_move_a_bound_further_out() -> None:
    figure = make_bounded(1.0, 0.9, 1.1)
    one, two, ten = (lower_bound_among(figure, parts, confidence=0.95) for parts in (1, 2, 10))
    assert one == pytest.approx(0.9)
    assert two == pytest.approx(1 - 0.1 * 1.95996 / 1.64485, abs=1e-4)
    assert ten < two


def test_a_bound_that_is_not_there_is_below_everything() -> None:
    assert lower_bound_among(Bounded(estimate=1.0, lower=None, upper=None), 2, confidence=0.95) == -math.inf


@pytest.mark.parametrize(
    ("figure", "measured"),
    [
        (make_bounded(), True),
        (Bounded(estimate=1.0, lower=None, upper=2.0), False),
        (Bounded(estimate=1.0, lower=0.0, upper=math.inf), False),
        (Bounded(estimate=math.nan, lower=0.0, upper=2.0), False),
    ],
)
def test_a_figure_is_measured_when_all_of_it_is_finite(figure: Bounded, measured: bool) -> None:
    assert is_measured(figure) is measured
