"""Bounds are as cautious as few, clustered and lopsided rows ask for."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from ratchet.evaluation.bounds import bound_by_error, bound_quantile, count_needed, find_bounds, measure_quantiles

NOISE = np.random.default_rng(0).normal(size=4000)
MANY = (4000.0, 4000.0)


def bounds_of(gains=NOISE, sums=NOISE, units=MANY, confidence=0.95):
    return find_bounds(0.0, gains, sums, units=units, confidence=confidence)


def test_many_even_units_give_normal_bounds():
    bounds = bounds_of()
    assert bounds.lower == pytest.approx(-1.645, abs=0.06)
    assert bounds.upper == pytest.approx(1.645, abs=0.06)
    assert bounds.detectable == pytest.approx(1.645 + 0.842, abs=0.06)


@pytest.mark.parametrize("units", [(5.0, 5.0), (4000.0, 5.0)], ids=["few in all", "few in the slice"])
def test_few_units_give_students_bounds(units):
    assert bounds_of(units=units).lower == pytest.approx(-2.132 * np.sqrt(5 / 4), abs=0.1)


def test_a_handful_of_units_that_make_the_gain_are_few():
    sums = np.zeros(4000)
    sums[:4] = [1.0, 1.0, -1.0, -1.0]
    assert bounds_of(sums=sums).lower < -1.8


@pytest.mark.parametrize("sign", [1, -1])
def test_skewness_moves_the_bound_on_its_long_side_out(sign):
    sums = sign * np.random.default_rng(1).exponential(size=300) ** 2
    skewed, even = bounds_of(sums=sums, units=(300.0, 300.0)), bounds_of(units=(300.0, 300.0))
    moved = even.lower - skewed.lower if sign < 0 else skewed.upper - even.upper
    other = skewed.upper - even.upper if sign < 0 else even.lower - skewed.lower
    assert moved > 0.2
    assert moved > other >= 0


def test_few_units_widen_the_error_and_the_percentile_of_the_draws():
    """Five units have 5 / 4 of the variance of their draws, and Student's quantile at 4 degrees of freedom."""
    quantile, few, sums = student.ppf(0.95, 4), np.sqrt(5 / 4), np.tile([-1.0, 1.0], 50)
    even = bounds_of(gains=sums, sums=sums, units=(5.0, 5.0))
    assert even.detectable == pytest.approx(quantile * (1 + norm.ppf(0.8) / norm.ppf(0.95)) * few)
    lopsided = bounds_of(gains=np.repeat([-10.0, 0.0], [10, 90]), sums=sums, units=(5.0, 5.0))
    assert lopsided.lower == pytest.approx(-10 * quantile / norm.ppf(0.95) * few)


def test_a_resample_without_a_gain_counts_as_the_worst_and_the_best():
    lost = np.where(np.arange(4000) < 100, np.nan, NOISE)
    bounds, plain = bounds_of(gains=lost), bounds_of()
    assert bounds.lower < plain.lower
    assert bounds.upper > plain.upper


def test_too_many_resamples_without_a_gain_leave_no_bounds():
    assert bounds_of(gains=np.where(np.arange(4000) < 300, np.nan, NOISE)) is None


def test_no_spread_leaves_no_room_and_says_nothing_of_what_would_show():
    bounds = bounds_of(gains=np.zeros(100), sums=np.zeros(50))
    assert (bounds.lower, bounds.upper, bounds.detectable) == (0, 0, None)


def test_a_known_error_gives_the_bounds_of_many_draws():
    bounds = bound_by_error(0.0, 1.0, NOISE, units=MANY, confidence=0.95)
    assert (bounds.lower, bounds.upper) == (pytest.approx(-1.645, abs=0.06), pytest.approx(1.645, abs=0.06))
    assert bounds.detectable == pytest.approx(1.645 + 0.842, abs=0.01)


@pytest.mark.parametrize("size", [1e-200, 1e150])
def test_the_size_of_the_figures_does_not_matter(size):
    bounds = bound_by_error(0.0, size, NOISE * size, units=MANY, confidence=0.95)
    assert bounds.lower / size == pytest.approx(-1.645, abs=0.06)


@pytest.mark.parametrize("sign", [1, -1])
def test_hall_s_polynomial_gives_the_bound_on_the_long_side(sign):
    """One unit in ten gains: Bernoulli's skewness is 0.8 / 0.3, its excess kurtosis (1 - 6 pq) / pq.

    Hall (1992, "On the removal of skewness by transformation") makes a mean of skewness c nearly normal by
    t + c t^2 / 3 + c^2 t^3 / 27 + c / 6; the bound is where that reaches Student's quantile, found here by its root.
    """
    sums, units = sign * np.repeat([0.0, 1.0], [90, 10]), (100.0, 100.0)
    skewness, kurtosis = (0.8 / 0.3) / np.sqrt(100), 3 + (1 - 6 * 0.09) / 0.09
    quantile = student.ppf(0.95, 2 * 100 / (kurtosis - 1))
    root = brentq(lambda t: t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6 + quantile, -10, 0)
    bounds = bound_by_error(0.0, 1.0, sums, units=units, confidence=0.95)
    long_side, short_side = (bounds.upper, bounds.lower) if sign > 0 else (-bounds.lower, -bounds.upper)
    assert long_side == pytest.approx(-root)
    assert short_side == pytest.approx(-quantile)


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


@pytest.mark.parametrize(("count", "bounds"), [(4, (None, None)), (5, (1, 5)), (7, (1, 7)), (8, (2, 7))])
def test_a_median_has_the_bounds_of_the_sign_test(count: int, bounds: tuple[int | None, int | None]) -> None:
    """By hand: all of 5 values lie above the median once in 32 times, at least 7 of 8 do 9 times in 256."""
    assert bound_quantile(range(1, count + 1), 0.5, 0.95) == bounds


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_bounds_hold_as_often_as_they_say(share: float) -> None:
    chance = np.random.default_rng(4)
    truth = -np.log(1 - share)  # of the exponential distribution
    bounds = [bound_quantile(np.sort(chance.exponential(size=80)).tolist(), share, 0.95) for _ in range(2000)]
    below = np.mean([lower <= truth for lower, _ in bounds])
    above = np.mean([upper is not None and upper >= truth for _, upper in bounds])
    assert 0.94 <= below <= 1.0
    assert 0.94 <= above <= 1.0
