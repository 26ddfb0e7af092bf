"""Rows by sensitive group."""

import numpy as np
import pandas as pd
import pytest

from builders.runs import make_config
from ratchet.evaluation.slices.groups import group_rows, is_graded


def group(frame, *sensitive, fairness=None, gate=None):
    config = make_config(
        data={"sensitive": list(sensitive)}, evaluation={"fairness": fairness or {}}, gates={"fair": gate or {}}
    )
    return group_rows(config, frame)


def count(grouping):
    return dict(zip(grouping.names, grouping.rows.tolist(), strict=True))


def test_each_value_is_a_group_and_so_is_a_missing_one():
    frame = pd.DataFrame({"city": ["Oslo", None, "Bern", "Oslo"]})
    assert count(group(frame, "city")[0]) == {"Bern": 1, "Oslo": 2, "(missing)": 1}


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_are_cut_at_their_quartiles_also_when_kept_as_text(as_text):
    ages = pd.Series([*range(100), None], dtype=object)
    frame = pd.DataFrame({"age": ages.map(str, na_action="ignore") if as_text else ages.astype(float)})
    assert count(group(frame, "age")[0]) == {
        "below 25": 25,
        "25 to below 50": 25,
        "50 to below 75": 25,
        "75 and above": 25,
        "(missing)": 1,
    }


def test_numbers_are_cut_at_the_edges_of_the_yaml_and_empty_bins_are_no_groups():
    frame = pd.DataFrame({"age": np.arange(100.0)})
    found = group(frame, "age", fairness={"bins": {"age": [30, 60, 200]}})[0]
    assert count(found) == {"below 30": 30, "30 to below 60": 30, "60 to below 200": 40}


def test_few_different_numbers_are_codes_not_amounts():
    frame = pd.DataFrame({"age": [1.0, 2.0, None] * 40})
    assert count(group(frame, "age")[0]) == {"1": 40, "2": 40, "(missing)": 40}


def test_pairs_are_groups_of_both():
    frame = pd.DataFrame({"city": ["Oslo", "Bern", "Oslo"], "member": [True, True, None]})
    *_, pair = group(frame, "city", "member")
    assert (pair.name, count(pair)) == ("city and member", {"Bern, true": 1, "Oslo, true": 1, "Oslo, (missing)": 1})
    assert len(group(frame, "city", "member", fairness={"intersections": False})) == 2


def test_small_groups_are_pooled_when_the_yaml_says_so():
    frame = pd.DataFrame({"city": ["Oslo"] * 50 + ["Bern"] * 5 + ["Rome"] * 4})
    assert count(group(frame, "city", gate={"small_groups": "pool", "min_rows": 10})[0]) == {
        "Oslo": 50,
        "(Bern, Rome)": 9,
    }


def test_a_single_small_group_has_nobody_to_be_pooled_with():
    frame = pd.DataFrame({"city": ["Oslo"] * 50 + ["Bern"] * 5})
    assert count(group(frame, "city", gate={"small_groups": "pool", "min_rows": 10})[0]) == {"Bern": 5, "Oslo": 50}


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (pd.DataFrame({"age": [1]}), "the holdout has no column 'city'"),
        (pd.DataFrame({"city": [f"c{n}" for n in range(600)]}), "'city' has 600 different values, which are no groups"),
    ],
)
def test_a_column_that_makes_no_groups_is_a_problem(frame, problem):
    (found,) = group(frame, "city")
    assert found.problem.startswith(problem)


@pytest.mark.parametrize(
    ("values", "graded"),
    [
        (range(13), True),
        ([str(n) for n in range(13)], True),
        (range(12), False),
        ([*map(str, range(13)), "x"], False),
        ([True, False], False),
        ([None, None], False),
        ([], False),
        ([float("inf"), *range(13)], True),
    ],
)
def test_amounts_are_told_from_codes(values, graded):
    assert is_graded(pd.Series(list(values), dtype=object)) is graded


@pytest.mark.parametrize("values", [[5.0] * 40, [None] * 40, [np.inf] * 3 + list(range(37))])
def test_odd_columns_are_grouped_without_an_error(values):
    (grouping,) = group(pd.DataFrame({"odd": values}), "odd")
    assert (grouping.problem, grouping.rows.sum()) == (None, 40)


def told(frame, *sensitive):
    """Which of the columns say what another one says, and which pairs are left."""
    found = group(frame, *sensitive)
    singles = {each.name: (each.same_as, each.told_by) for each in found if len(each.columns) == 1}
    return singles, [each.name for each in found if len(each.columns) > 1]


SEX = np.array(["m", "w"] * 300, dtype=object)
AGE = np.random.default_rng(1).integers(18, 90, 600).astype(float)
SAYING = {
    "other words": (np.where(SEX == "m", "Mann", "Frau"), SEX, ("a", None)),
    "a gap": (np.where(np.arange(600) < 5, None, SEX), SEX, (None, "a")),
    "coarser": (SEX, np.where(SEX == "m", "Mr", [*(["Mrs"] * 3), *(["Miss"] * 3)] * 100), None),
    "finer": (np.where(SEX == "m", "Mr", [*(["Mrs"] * 3), *(["Miss"] * 3)] * 100), SEX, (None, "a")),
    "bands of an age": (AGE, np.where(AGE < 30, "young", np.where(AGE < 60, "middle", "old")), (None, "a")),
    "a year of birth": (AGE, 2026 - AGE + (np.arange(600) % 2), (None, "a")),
    "an age in months": (AGE, AGE * 12, ("a", None)),
    "something else": (SEX, np.repeat(["x", "y"], 300), (None, None)),
    "nearly the same": (SEX, np.where(np.arange(600) < 2, "m", SEX), (None, None)),
    "another amount": (AGE, np.random.default_rng(2).normal(size=600), (None, None)),
    "each row another": (np.arange(600.0), np.random.default_rng(2).choice(["x", "y"], 600), (None, None)),
    "hardly any rows each": ([f"v{n}" for n in range(300)] * 2, SEX, (None, None)),
}


@pytest.mark.parametrize(("one", "other", "wanted"), SAYING.values(), ids=SAYING.keys())
def test_columns_that_say_the_same_are_told_and_make_no_pair(one, other, wanted):
    singles, pairs = told(pd.DataFrame({"a": one, "b": other}), "a", "b")
    if wanted is None:
        assert (singles, pairs) == ({"a": (None, "b"), "b": (None, None)}, [])
    else:
        assert (singles["b"], bool(pairs)) == (wanted, wanted == (None, None))


def test_of_three_that_say_the_same_one_is_measured():
    frame = pd.DataFrame({"a": SEX, "b": SEX, "c": np.where(SEX == "m", "x", "y"), "d": np.repeat(["x", "y"], 300)})
    singles, pairs = told(frame, "a", "b", "c", "d")
    assert singles == {"a": (None, None), "b": ("a", None), "c": ("a", None), "d": (None, None)}
    assert pairs == ["a and d"]
