import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from builders.drifts import draw, make_column_drift, make_profile, profile_reference
from ratchet.drift.ordered import quantiles_of


def test_few_values_are_measured_exactly():
    chance = np.random.default_rng(1)
    then, now = chance.poisson(3, 2000).astype(float), chance.poisson(4, 900).astype(float)
    now = np.minimum(now, then.max())
    column = make_column_drift(then, now)
    expected = ks_2samp(then, now, method="asymp")
    assert column.kolmogorov_smirnov.value == pytest.approx(expected.statistic, abs=1e-9)
    assert column.kolmogorov_smirnov.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert column.kolmogorov_smirnov.error == pytest.approx(0, abs=1e-9)
    assert column.wasserstein.value == pytest.approx(wasserstein_distance(then, now) / then.std(), abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
def test_many_values_are_measured_within_the_stated_error(shift):
    then, now = draw(20_000), draw(3000, seed=1) + shift
    column = make_column_drift(then, now)
    true = ks_2samp(then, now).statistic
    found = column.kolmogorov_smirnov
    assert found.value - 1e-12 <= true <= found.value + found.error + 1e-12
    assert found.error < 0.02
    distance = wasserstein_distance(then, now) / then.std()
    assert abs(column.wasserstein.value - distance) <= column.wasserstein.error + 1e-12
    assert column.wasserstein.error < 0.1


def test_one_far_value_counts_for_what_it_is():
    then, now = draw(5000), np.append(draw(5000, seed=1), 1e6)
    distance = wasserstein_distance(then, now) / then.std()
    assert make_column_drift(then, now).wasserstein.value == pytest.approx(distance, rel=1e-3)


def test_infinities_stand_at_the_ends_of_the_order():
    then = np.array([-np.inf, 0, 1, 2, np.inf] * 20)
    now = np.array([0, 1, 2, np.inf, np.inf] * 20)
    found = make_column_drift(then, now).kolmogorov_smirnov
    assert found.value == pytest.approx(ks_2samp(then, now).statistic)


def test_quantiles_are_good_to_their_cell():
    values = draw(10_000)
    reference, _ = profile_reference({"x": values})
    now = make_profile(reference, {"x": values + 1})
    shares = (0.0, 0.05, 0.5, 0.95, 1.0)
    found = quantiles_of(reference.columns[0], now.columns[0], shares)
    assert found == pytest.approx(tuple(np.quantile(values + 1, shares)), abs=0.05)


def test_what_rounding_leaves_of_a_constant_is_no_spread():
    column = make_column_drift([0.003467] * 2719, draw(300))
    assert column.movement.median_shift is None
    assert column.movement.mean_shift is None
    assert column.wasserstein is None
