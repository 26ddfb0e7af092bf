import math

import pytest

from builders.runs import make_config
from ratchet.config.data import Checks
from ratchet.data.expectations import percent, reach_of, reach_of_median, rules_of_config, rules_of_reference
from ratchet.records.columns import ColumnKind
from ratchet.records.data import ColumnProfile


def number(*quantiles: float, distinct: int = 500) -> ColumnProfile:
    return ColumnProfile(name="age", kind=ColumnKind.NUMERIC, null_share=0.0, quantiles=quantiles, distinct=distinct)


def beside(column: ColumnProfile, checks: Checks | None = None, new_rows: int = 100) -> list:
    return list(rules_of_reference([column], {column.name: True}, checks or Checks(), new_rows=new_rows))


def test_numbers_may_leave_the_accepted_range_by_its_own_width():
    assert reach_of(number(0, 1, 25, 50, 75, 99, 100)) == (-100, 200)
    assert reach_of_median(number(0, 10, 25, 50, 75, 90, 100)) == (-70, 170)


def test_a_few_different_values_may_grow_tenfold():
    assert reach_of(number(1, 1, 2, 3, 4, 5, 5, distinct=5)) == (-50, 50)
    assert reach_of_median(number(1, 1, 2, 3, 4, 5, 5, distinct=5)) == (-50, 50)


def test_a_median_without_a_range_of_its_own_uses_that_of_single_numbers():
    assert reach_of_median(number(0, 0, 0, 0, 0, 0, 100)) == (-100, 200)


def test_reaches_stay_finite():
    assert all(math.isfinite(end) for end in reach_of(number(-1e308, 0, 1, 2, 3, 4, 1e308)))


def test_a_constant_warns_only():
    assert {rule.blocking for rule in beside(number(*[3.0] * 7, distinct=1)) if "null" not in rule.type} == {False}


@pytest.mark.parametrize(("new_rows", "blocking"), [(29, False), (30, True)])
def test_few_new_rows_warn_only(new_rows, blocking):
    assert {rule.blocking for rule in beside(number(0, 1, 25, 50, 75, 99, 100), new_rows=new_rows)} == {blocking}


@pytest.mark.parametrize(
    ("column", "is_asked"),
    [
        (number(0, 1, 25, 50, 75, 99, 100), True),
        (number(-1, 1, 25, 50, 75, 99, 100), False),
        (number(0, 0, 0, 0, 75, 99, 100), False),
        (number(0, 1, 25, 50, 75, 99, 100, distinct=9), False),
    ],
)
def test_only_positive_columns_are_asked_not_to_shrink(column, is_asked):
    assert any("is below" in rule.says for rule in beside(column)) is is_asked


def test_a_cut_list_of_categories_calls_nothing_unseen():
    whole = ColumnProfile(name="city", kind=ColumnKind.CATEGORICAL, null_share=1.0, categories=("a", "b"), distinct=2)
    cut = ColumnProfile(name="city", kind=ColumnKind.CATEGORICAL, null_share=1.0, categories=("a", "b"), distinct=3)
    assert [rule.type for rule in beside(whole)] == ["expect_column_values_to_be_in_set"]
    assert beside(cut) == []


def test_gaps_may_grow_by_the_limit_and_a_column_that_was_empty_has_no_limit():
    half = ColumnProfile(name="city", kind=ColumnKind.BOOLEAN, null_share=0.5)
    (rule,) = beside(half, Checks(max_null_increase=0.2))
    assert rule.settings["mostly"] == pytest.approx(0.3)
    assert beside(ColumnProfile(name="city", kind=ColumnKind.BOOLEAN, null_share=0.95)) == []


def test_only_named_columns_are_compared():
    assert rules_of_reference([number(*range(7))], {"other": True}, Checks(), new_rows=100) == ()


def test_keys_and_clock_must_be_filled():
    data = make_config(data={"group": "home", "entity": "customer"}).data
    filled = {rule.column for rule in rules_of_config(data, "binary") if "not_be_null" in rule.type}
    assert filled == {"bought", "_time", "home", "customer"}


def test_without_a_clock_no_time_is_asked_for():
    data = make_config(data={"time": {"order": "rows"}}).data
    assert "_time" not in {rule.column for rule in rules_of_config(data, "binary")}


def test_a_limit_on_gaps_is_asked_of_every_feature():
    data = make_config(data={"checks": {"max_null_share": 0.25}}).data
    limits = {
        rule.column: rule.settings["mostly"]
        for rule in rules_of_config(data, "binary")
        if rule.column == "age" and "null" in rule.type
    }
    assert limits == {"age": 0.75}


def test_a_regression_target_must_be_finite():
    data = make_config(task="regression", data={"target": {"column": "amount"}}).data
    rules = [rule.type for rule in rules_of_config(data, "regression") if rule.column == "amount"]
    assert "expect_column_values_to_be_between" in rules


@pytest.mark.parametrize(("share", "text"), [(0.05, "5 %"), (0.12345, "12.35 %"), (1, "100 %"), (0, "0 %")])
def test_shares_are_written_short(share, text):
    assert percent(share) == text


def test_a_column_that_no_model_learns_from_warns_only():
    rules = rules_of_reference([number(*range(7))], {"age": False}, Checks(), new_rows=100)
    assert {rule.blocking for rule in rules} == {False}
