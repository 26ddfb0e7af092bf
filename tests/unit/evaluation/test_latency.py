"""Quantiles of times and their bounds."""

import numpy as np
import pytest

from ratchet.evaluation.latency import bound_quantile, count_needed, measure_quantiles


def test_quantiles_are_in_milliseconds() -> None:
    median, slow, slowest = measure_quantiles([each / 1000 for each in range(1, 1001)], 0.95)
    assert median.value == pytest.approx(500.5)
    assert slow.value == pytest.approx(950.05)
    assert slowest.value == pytest.approx(990.01)
    assert slowest.lower < slowest.value < slowest.upper  # type: ignore[operator]


@pytest.mark.parametrize(("share", "needed"), [(0.5, 2), (0.95, 20), (0.99, 100)])
def test_a_quantile_needs_a_call_beyond_it(share: float, needed: int) -> None:
    assert count_needed(share) == needed
    few, enough = ([0.001] * number for number in (needed - 1, needed))
    place = (0.5, 0.95, 0.99).index(share)
    assert measure_quantiles(few, 0.95)[place].value is None
    assert f"needs {needed}" in (measure_quantiles(few, 0.95)[place].problem or "")
    assert measure_quantiles(enough, 0.95)[place].value == pytest.approx(1.0)


def test_without_a_call_there_is_neither_value_nor_bound() -> None:
    for quantile in measure_quantiles([], 0.95):
        assert (quantile.value, quantile.lower, quantile.upper) == (None, None, None)
        assert quantile.problem


def test_few_calls_may_give_a_lower_bound_and_no_upper_one() -> None:
    """A model that sleeps in every call is caught by a handful of them."""
    lower, upper = bound_quantile([50.0] * 12, 0.95, 0.95)
    assert (lower, upper) == (50.0, None)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_bounds_hold_as_often_as_they_say(share: float) -> None:
    chance = np.random.default_rng(4)
    truth = -np.log(1 - share)  # of the exponential distribution
    bounds = [bound_quantile(np.sort(chance.exponential(size=80)).tolist(), share, 0.95) for _ in range(2000)]
    below = np.mean([lower <= truth for lower, _ in bounds])
    above = np.mean([upper is not None and upper >= truth for _, upper in bounds])
    assert 0.94 <= below <= 1.0
    assert 0.94 <= above <= 1.0
