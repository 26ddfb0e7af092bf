"""What it takes to call a part worse."""

import pytest

from builders.records import make_gain
from ratchet.gates.worsening import allowed_loss, is_shown_worse, judge_not_worse, stretch_among
from ratchet.records.outcome import Outcome


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


@pytest.mark.parametrize(("looks", "stretch"), [(1, 1.0), (2, 1.95996 / 1.64485), (10, 2.57583 / 1.64485)])
def test_a_bound_for_several_looks_lies_further_out(looks, stretch):
    assert stretch_among(looks, confidence=0.95) == pytest.approx(stretch, abs=1e-4)


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
