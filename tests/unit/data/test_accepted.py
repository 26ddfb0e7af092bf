import numpy as np
import pandas as pd
import pytest

from builders.runs import make_config
from ratchet.config.data import Checks
from ratchet.data.accepted import identities_of, kinds_of, measure_profile
from ratchet.data.expectations import rules_of_reference
from ratchet.records.columns import ColumnKind


def test_numbers_have_quantiles_of_the_finite_values():
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0, np.nan, np.inf]})
    (column,) = measure_profile(frame, {"age": ColumnKind.NUMERIC}, max_categories=10)
    assert column.quantiles[0] == 1.0
    assert column.quantiles[3] == 2.0
    assert column.quantiles[-1] == 3.0
    assert column.null_share == pytest.approx(0.2)


def test_categories_stand_most_frequent_first_and_ties_by_name():
    frame = pd.DataFrame({"city": ["b", "a", "c", "c", None]})
    (column,) = measure_profile(frame, {"city": ColumnKind.CATEGORICAL}, max_categories=10)
    assert column.categories == ("c", "a", "b")
    assert column.distinct == 3


def test_a_cut_list_of_categories_keeps_the_true_number():
    frame = pd.DataFrame({"city": list("aabbc")}).astype("category")
    (column,) = measure_profile(frame, {"city": ColumnKind.CATEGORICAL}, max_categories=2)
    assert (column.categories, column.distinct) == (("a", "b"), 3)


def test_a_column_without_values_has_an_empty_profile():
    frame = pd.DataFrame({"age": [np.nan, np.nan], "city": [None, None]})
    profile = measure_profile(frame, {"age": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL}, max_categories=2)
    assert [(column.null_share, column.quantiles, column.categories) for column in profile] == [(1.0, (), ())] * 2


def test_no_rows_and_absent_columns_are_no_error():
    frame = pd.DataFrame({"age": pd.Series(dtype=float)})
    (column,) = measure_profile(frame, {"age": ColumnKind.NUMERIC, "gone": ColumnKind.NUMERIC}, max_categories=2)
    assert (column.null_share, column.distinct) == (0.0, 0)


def test_identities_are_counted_and_never_listed():
    data = make_config(data={"entity": "customer", "group": "household", "sensitive": ["gender"]}).data
    assert identities_of(data) == {"customer", "household"}
    assert kinds_of(data, "binary")["gender"] == ColumnKind.CATEGORICAL
    frame = pd.DataFrame({"customer": ["x", "y"]})
    (column,) = measure_profile(frame, kinds_of(data, "binary"), max_categories=9, unlisted=identities_of(data))
    assert (column.categories, column.distinct) == ((), 2)


@pytest.mark.parametrize(
    ("values", "kind"), [([19_000.0, 19_500.5, np.nan], "datetime"), (["a b", "c d", None], "text")]
)
def test_of_times_and_texts_only_the_missing_ones_are_compared(values, kind):
    """A time moves by itself: what is after all accepted times is no mistake."""
    frame = pd.DataFrame({"seen": values})
    (column,) = measure_profile(frame, {"seen": ColumnKind(kind)}, max_categories=10)
    assert (column.quantiles, column.categories, column.distinct) == ((), (), 2)
    rules = rules_of_reference([column], {"seen": True}, Checks(), new_rows=100)
    assert [rule.type for rule in rules] == ["expect_column_values_to_not_be_null"]
