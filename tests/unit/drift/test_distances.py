import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from ratchet.drift.distances import measure_chi_square, measure_jensen_shannon, measure_psi

TABLES = (
    ([10, 20, 30, 40], [40, 30, 20, 10]),
    ([5, 5, 5], [500, 501, 499]),
    ([1, 100_000, 7], [3, 2, 90_000]),
)


@pytest.mark.parametrize(("then", "now"), TABLES)
def test_the_distances_are_scipy_s_on_the_same_bins(then, now):
    then, now = np.array(then), np.array(now)
    assert measure_chi_square(then, now) == pytest.approx(chi2_contingency([then, now], correction=False)[0], rel=1e-9)
    assert measure_jensen_shannon(then, now) == pytest.approx(jensenshannon(then, now), abs=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_the_index_is_evidently_s_on_the_same_bins():
    from evidently.legacy.calculations.stattests import jensenshannon_stat_test, psi_stat_test
    from evidently.legacy.core import ColumnType

    chance = np.random.default_rng(0)
    then, now = (pd.Series(chance.integers(0, size, 5000).astype(float)) for size in (8, 9))
    now = now.where(now < 8, 0.0)
    counts = [series.value_counts().sort_index().to_numpy() for series in (then, now)]
    psi = psi_stat_test(then, now, ColumnType.Categorical, None).drift_score
    assert float(measure_psi(*counts)) == pytest.approx(psi, abs=1e-9)
    distance = jensenshannon_stat_test(then, now, ColumnType.Categorical, None).drift_score
    assert float(measure_jensen_shannon(*counts)) == pytest.approx(distance, abs=1e-9)


def test_an_empty_bin_counts_as_half_a_row():
    expected = (0.0 - 0.5) * 0 + (0.5 / 10 - 0.5) * np.log((0.5 / 10) / 0.5) + (1.0 - 0.5) * np.log(1.0 / 0.5)
    assert float(measure_psi(np.array([5, 5]), np.array([0, 10]))) == pytest.approx(expected)


def test_a_bin_that_nobody_has_changes_nothing():
    then, now = np.array([3, 7]), np.array([6, 4])
    for measure in (measure_psi, measure_chi_square, measure_jensen_shannon):
        assert float(measure(np.append(then, 0), np.append(now, 0))) == pytest.approx(float(measure(then, now)))


def test_many_draws_are_measured_at_once():
    then, now = np.array([[1, 2, 3], [4, 4, 4]]), np.array([[3, 2, 1], [4, 4, 4]])
    for measure in (measure_psi, measure_chi_square, measure_jensen_shannon):
        both = measure(then, now)
        assert both[0] == pytest.approx(float(measure(then[0], now[0])))
        assert both[1] == pytest.approx(0.0)
