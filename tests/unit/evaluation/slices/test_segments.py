import numpy as np
import pandas as pd
import pytest

from ratchet.evaluation.slices.segments import is_segment, name_segments


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
