"""When a gain is believed, and how it reads."""

import math

import pytest

from builders.records import make_gain
from ratchet.config.slices import WeakestSliceGate
from ratchet.gates.evidence import (
    count_decimals,
    describe_gain,
    find_gap,
    find_obstacle,
    find_shortage,
    is_above,
    is_finite,
    is_number,
)

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
