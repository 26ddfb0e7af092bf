import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.evaluation.uncertainty import (
    Eligible,
    choose_rows,
    find_boundary,
    measure_leads,
    measure_row_leads,
    name_strata,
)
from ratchet.records.columns import SCORES


@pytest.mark.parametrize(
    ("scores", "positive", "boundary"),
    [
        ([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], 0.5),
        ([0.1, 0.2, 0.3, 0.9], [0, 0, 1, 1], 0.3),
        ([0.1, 0.7, 0.8, 0.9], [0, 0, 1, 1], 0.7),
        ([0.1, 0.2], [0, 0], 0.5),
        ([0.1, 0.8], [0, 0], 0.8),
        ([0.2, 0.8], [1, 1], 0.2),
        ([0.2, 0.9, 0.4, 0.3], [1, 0, 1, 0], 0.5),  # two models decided
        ([np.nan, np.inf], [0, 1], 0.5),
        ([], [], 0.5),
    ],
)
def test_the_boundary_is_where_decisions_change(scores, positive, boundary):
    assert find_boundary(np.array(scores, float), np.array(positive, bool)) == boundary


@pytest.mark.parametrize(
    ("scores", "lead"),
    [([0.7, 0.2, 0.1], 0.5), ([0.1, 0.45, 0.45], 0.0), ([np.nan, 0.5, 0.4], np.nan), ([1.0], np.nan), ([], np.nan)],
)
def test_the_lead_is_that_of_the_first_over_the_second(scores, lead):
    assert measure_leads(np.array([scores], float))[0] == pytest.approx(lead, nan_ok=True)


def test_strata_join_the_values_of_columns():
    columns = [
        pd.Series(["Oslo", None, "Bern"]),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series([1.0, 2.0, np.nan]),
    ]
    assert name_strata(columns).tolist() == ["Oslo, true, 1", "(missing), false, 2", "Bern, (missing), (missing)"]


def test_numbers_with_many_values_are_cut_into_fifths():
    names = name_strata([pd.Series([*np.arange(100.0), np.nan])])
    assert sorted(names.value_counts()) == [1, 20, 20, 20, 20, 20]
    assert names.iloc[-1] == "(missing)"


@pytest.mark.parametrize("values", [[], [np.inf, -np.inf], [np.nan, np.nan], [7.0] * 30])
def test_odd_numbers_have_a_stratum(values):
    assert name_strata([pd.Series(values, dtype=float)]).notna().all()


def choose(certainty, strata, budget):
    ties = np.arange(len(certainty), dtype=np.uint64)
    return choose_rows(np.array(certainty, float), np.array(strata, object), ties, budget).tolist()


@pytest.mark.parametrize(
    ("certainty", "strata", "budget", "chosen"),
    [
        ([0.3, 0.1, 0.2], "aaa", 2, [1, 2]),
        ([0.1, 0.2, 0.3, 0.9], "aaab", 2, [0, 3]),  # the other stratum has its turn, sure as it is
        ([0.1, 0.2, 0.3, 0.9], "aaab", 3, [0, 3, 1]),
        ([0.1, np.nan], "ab", 2, [0]),
        ([0.2, 0.2], "aa", 1, [0]),
        ([0.5, 0.4, 0.3], "abc", 1, [2]),
        ([0.1], "a", 0, []),
        ([], "", 5, []),
    ],
)
def test_strata_take_turns_and_each_gives_its_least_certain(certainty, strata, budget, chosen):
    assert choose(certainty, list(strata), budget) == chosen


rows = st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abcd")), max_size=60)


@settings(deadline=None)
@given(rows, st.integers(0, 30), st.randoms(use_true_random=False))
def test_taking_away_rows_that_were_not_chosen_changes_nothing(rows, budget, chance):
    certainty, strata = [float(value) for value, _ in rows], [name for _, name in rows]
    chosen = choose(certainty, strata, budget)
    assert len(chosen) == min(budget, len(rows))
    without = [np.nan if at not in chosen and chance.random() < 0.5 else value for at, value in enumerate(certainty)]
    assert choose(without, strata, budget) == chosen


@settings(deadline=None)
@given(rows, st.integers(1, 30))
def test_no_stratum_takes_more_than_another_that_has_some_left(rows, budget):
    strata = [name for _, name in rows]
    chosen = choose([float(value) for value, _ in rows], strata, budget)
    taken = {name: sum(strata[at] == name for at in chosen) for name in set(strata)}
    left = [taken[name] for name in taken if taken[name] < strata.count(name)]
    assert not left or max(taken.values()) <= min(left) + 1


def test_rows_that_were_passed_over_are_not_chosen():
    eligible = Eligible(
        names=np.array(["a", "b", "c"], object),
        certainty=np.array([0.1, 0.2, np.nan]),
        strata=np.array(["x", "x", "x"], object),
    )
    assert eligible.choose({"a"}, 3).tolist() == [1]
    assert eligible.choose(set(), 3).tolist() == [0, 1]


def test_rows_with_other_classes_than_most_have_no_lead():
    rows = pa.table({"scores": pa.array([[0.7, 0.3], [0.2, 0.3, 0.5], None, [0.6, 0.4]])}).rename_columns([SCORES])
    assert np.round(measure_row_leads(rows), 6).tolist() == pytest.approx([0.4, np.nan, np.nan, 0.2], nan_ok=True)
    assert measure_row_leads(rows.slice(0, 0)).tolist() == []
