"""Numbers in bins of about equally many rows.

Rows for which an expression holds.
"""

import numpy as np
import pandas as pd
import pytest

from ratchet.config.expressions import parse_expression
from ratchet.evaluation.slices.columns import (
    find_edges,
    has_value,
    is_segment,
    is_true,
    name_bins,
    name_segments,
    place_in_bins,
)

FRAME = pd.DataFrame(
    {
        "age": [18.0, 30.0, np.nan, 60.0],
        "city": ["Oslo", None, "Bern", "Oslo"],
        "member": [True, None, False, True],
        "wage": ["10", "70", None, "many"],
        "code": [1, 2, 3, 4],
    }
)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1, 2], ["1", "2"]),
        ([1.0, None], ["1", None]),
        ([0.25, 1e20], ["0.25", "1e+20"]),
        ([True, False], ["true", "false"]),
        ([True, None], ["true", None]),
        (["Oslo", None], ["Oslo", None]),
        (["nan", "None"], ["nan", "None"]),
    ],
)
def test_values_are_named_the_same_with_and_without_a_gap(values: list[object], names: list[str | None]) -> None:
    column = pd.Series(values)
    found = name_segments(column)
    assert [None if pd.isna(each) else each for each in found] == names


def test_a_missing_value_is_of_no_segment() -> None:
    names = name_segments(pd.Series(["nan", None, np.nan, "Oslo"], dtype=object))
    assert is_segment(names, "nan").tolist() == [True, False, False, False]
    assert is_segment(names, "Rome").tolist() == [False] * 4


def test_an_extension_column_is_named_too() -> None:
    column = pd.Series([1, None, 2], dtype="Int64")
    assert is_segment(name_segments(column), "2").tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [([], []), ([np.nan], []), ([5.0] * 9, []), ([0.0] * 8 + [1.0] * 2, [1.0]), ([-np.inf, 1.0, 2.0, np.inf], [2.0])],
)
def test_level_numbers_make_fewer_bins(numbers, edges):
    assert find_edges(np.array(numbers), 4).tolist() == edges


@pytest.mark.parametrize(("edges", "names"), [([], ["any number"]), ([3.0], ["below 3", "3 and above"])])
def test_bins_have_names(edges, names):
    assert name_bins(np.array(edges)) == names


def test_a_number_is_in_the_bin_that_starts_with_it_and_a_missing_one_in_none():
    numbers = np.array([-np.inf, 1.0, 2.0, 3.0, np.inf, np.nan])
    assert place_in_bins(numbers, np.array([2.0, 3.0])).tolist() == [0, 0, 1, 2, 2, 3]
    assert place_in_bins(numbers[4:], np.empty(0)).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("values", "rows"),
    [(["1"], [0, 3]), (["TRUE"], [0, 3]), (["yes"], [0, 3]), (["0"], [2]), (["No", "false"], [2]), (["2"], [])],
)
def test_a_boolean_may_be_written_as_in_the_source(values, rows):
    assert np.flatnonzero(has_value(FRAME["member"], values)).tolist() == rows
    assert np.flatnonzero(has_value(FRAME["member"].astype("boolean"), values)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("age < 30", [0]),
        ("not age < 30", [1, 3]),
        ("age != 30", [0, 3]),
        ("18 <= age < 60", [0, 1]),
        ("city == 'Oslo'", [0, 3]),
        ("city != 'Oslo'", [2]),
        ("city in ('Oslo', 'Bern')", [0, 2, 3]),
        ("city not in ('Bern',)", [0, 3]),
        ("city is missing", [1]),
        ("city is not missing", [0, 2, 3]),
        ("member", [0, 3]),
        ("not member", [2]),
        ("member == false", [2]),
        ("age < wage", [1]),
        ("wage > 5", [0, 1]),
        ("wage in (10, 70)", [0, 1]),
        ("code in (1, 4)", [0, 3]),
        ("code == '3'", [2]),
        ("age < 20 or city == 'Bern'", [0, 2]),
        ("age > 20 and city == 'Oslo'", [3]),
        ("not (age > 20 and city == 'Oslo')", [0, 2]),
        ("age is missing and city is missing", []),
    ],
)
def test_rows_are_found_and_a_missing_value_is_unknown(text, rows):
    assert np.flatnonzero(is_true(FRAME, parse_expression(text))).tolist() == rows


def test_no_rows_are_no_rows():
    assert is_true(FRAME.iloc[:0], parse_expression("age < 3 and not member")).tolist() == []
