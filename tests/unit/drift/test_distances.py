""""""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from ratchet.drift.distances import (
    EXTRAS,
    PSI,
    IndexParts,
    Tally,
    find_parts,
    label_number,
    make_extra_psi,
    measure_chi_square,
    measure_jensen_shannon,
    measure_psi,
)
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins

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


def make_tally(now: list[int]) -> Tally:
    return Tally(
        labels=tuple("abcd"), then=np.array([100, 100, 0, 10]), now=np.array(now, np.int64), ordered=2, extras=2
    )


@pytest.mark.parametrize(
    ("values", "extras", "beyond"),
    [(0.5, 0.0, 0.2), (0.3, 0.4, 0.3), (0.0, 0.4, 0.3), (0.2, 0.05, 0.0), (-0.1, 0.2, 0.1)],
)
def test_what_is_usual_of_one_part_excuses_nothing_in_the_other(values, extras, beyond):
    found = IndexParts(values=values, extras=extras).beyond(IndexParts(values=0.3, extras=0.1))
    assert found == pytest.approx(beyond)


@pytest.mark.parametrize(("values", "extras", "beyond"), [(0.5, 0.1, 0.6), (-0.2, 0.1, 0.0)])
def test_without_anything_usual_both_parts_count_together(values, extras, beyond):
    assert IndexParts(values=values, extras=extras).beyond(None) == pytest.approx(beyond)


def test_the_parts_are_those_of_the_index():
    counts = make_tally([80, 120, 20, 30])
    found = find_parts(counts, {PSI: 0.02, EXTRAS: 0.01})
    both = found.values + found.extras  # noqa: PD011 (no column of pandas)
    assert both == pytest.approx(float(measure_psi(counts.then, counts.now)) - 0.02)
    assert found.extras == pytest.approx(float(make_extra_psi(2)(counts.then, counts.now)) - 0.01)


def test_many_draws_are_measured_at_once_of_parts():
    counts = make_tally([80, 120, 20, 30])
    twice = np.stack([counts.now, counts.now])
    assert make_extra_psi(2)(counts.then, twice).tolist() == [float(make_extra_psi(2)(counts.then, counts.now))] * 2


def just_below(value):
    return float(np.nextafter(value, -np.inf))


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        (0, 1, "below 0, the reference's lowest"),
        (1, 2, "exactly 0"),
        (1, 3, "0 to below 3"),
        (2, 4, "above 0 to 3"),
        (3, 4, "exactly 3"),
        (3, 5, "3 to 7"),
        (4, 5, "above 3 to 7"),
        (5, 6, "above 7, the reference's highest"),
    ],
)
def test_a_bin_says_whether_its_ends_belong_to_it(start, end, label):
    edges = (just_below(0.0), 0.0, just_below(3.0), 3.0, 7.0)
    bins = ColumnBins(name="amount", kind=ColumnKind.NUMERIC, edges=edges)
    assert label_number(bins, start, end) == label


def test_the_lowest_value_belongs_to_the_first_bin():
    bins = ColumnBins(name="amount", kind=ColumnKind.NUMERIC, edges=(just_below(1.5), 4.0))
    assert label_number(bins, 1, 2) == "1.5 to 4"
