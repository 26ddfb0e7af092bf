"""Rows of slices, and their gains."""

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_frame, make_pair, make_plan
from ratchet.config.evaluation import Slice
from ratchet.evaluation.slices.measuring import find_parts, find_rows, measure_slice
from ratchet.records.columns import TIME

FRAME = pd.DataFrame(
    {
        "age": [18.0, 30.0, np.nan, 60.0],
        "city": ["Oslo", None, "Bern", "Oslo"],
        "member": [True, None, False, True],
        "sure": [True, False, False, True],
        "age_text": ["18", "30", None, "sixty"],
        "kind": pd.Categorical(["a", "b", None, "a"]),
    }
)


@pytest.mark.parametrize(
    ("column", "kind", "rows"),
    [
        ("age", {"at_least": 30.0}, [1, 3]),
        ("age", {"below": 30.0}, [0]),
        ("age", {"at_least": 18.0, "below": 60.0}, [0, 1]),
        ("age", {"at_least": 0.0, "below": 0.0}, []),
        ("age", {"values": ("30", "x")}, [1]),
        ("age_text", {"at_least": 20.0}, [1]),
        ("city", {"values": ("Oslo", "Rome")}, [0, 3]),
        ("city", {"values": ("None", "nan")}, []),
        ("city", {"at_least": 0.0}, []),
        ("member", {"values": ("true",)}, [0, 3]),
        ("member", {"values": ("False",)}, [2]),
        ("sure", {"values": ("False",)}, [1, 2]),
        ("kind", {"values": ("a",)}, [0, 3]),
        ("absent", {"values": ("a",)}, []),
    ],
)
def test_rows_are_found(column, kind, rows):
    assert find_rows(FRAME, Slice(name="part", column=column, **kind)).tolist() == rows


def test_a_slice_is_measured_on_the_draws_of_the_whole():
    frame = make_frame()
    part = Slice(name="oslo", column="city", values=("Oslo",))
    (gain,) = measure_slice(make_pair(), make_plan(), frame, part, confidence=0.95)
    assert (gain.slice, gain.rows, gain.problem) == ("oslo", int((frame["city"] == "Oslo").sum()), None)


def test_a_column_that_is_not_there_is_a_problem():
    (gain,) = measure_slice(
        make_pair(), make_plan(), make_frame(), Slice(name="old", column="pay", at_least=1.0), confidence=0.95
    )
    assert (gain.problem, gain.lower, gain.rows) == ("the holdout has no column 'pay'", None, 0)


def test_a_slice_without_rows_is_a_problem():
    part = Slice(name="rome", column="city", values=("Rome",))
    (gain,) = measure_slice(make_pair(), make_plan(), make_frame(), part, confidence=0.95)
    assert gain.problem == "no rows in the holdout"


def test_an_expression_is_a_slice():
    part = Slice(name="part", where="age >= 30 and city == 'Oslo'")
    assert find_rows(FRAME, part).tolist() == [3]


def test_a_column_of_an_expression_that_is_not_there_is_a_problem_with_a_hint():
    part = Slice(name="part", where="agee < 3")
    (gain,) = measure_slice(make_pair(), make_plan(), make_frame(), part, confidence=0.95)
    assert gain.problem == "the holdout has no column 'agee' (did you mean 'age'?)"


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ({"newest": "2d"}, [2, 3]),
        ({"since": "2025-01-02T00:00:00Z"}, [1, 2, 3]),
        ({"until": "2025-01-02T00:00:00Z"}, [0]),
        ({"since": "2025-01-02T00:00:00Z", "until": "2025-01-04T00:00:00+00:00"}, [1, 2]),
    ],
)
def test_time_is_a_slice(kind, rows):
    frame = pd.DataFrame({TIME: pd.date_range("2025-01-01", periods=4, freq="D", tz="UTC")})
    assert find_rows(frame, Slice.model_validate({"name": "part"} | kind)).tolist() == rows


def test_rows_without_a_time_are_a_problem():
    part = Slice.model_validate({"name": "part", "newest": "2d"})
    (gain,) = measure_slice(make_pair(), make_plan(), make_frame(), part, confidence=0.95)
    assert gain.problem == "the holdout's rows have no time"


def test_each_bin_is_a_slice_of_about_as_many_rows_and_a_missing_value_is_in_none():
    frame = pd.DataFrame({"age": [*range(100), None]})
    parts = find_parts(frame, Slice(name="age", column="age", bins=4))
    assert {name: len(rows) for name, rows in parts.items()} == {
        "age 1 of 4 (below 25)": 25,
        "age 2 of 4 (25 to below 50)": 25,
        "age 3 of 4 (50 to below 75)": 25,
        "age 4 of 4 (75 and above)": 25,
    }


def test_bins_of_a_column_are_measured_each():
    gains = measure_slice(
        make_pair(), make_plan(), make_frame(), Slice(name="age", column="age", bins=2), confidence=0.95
    )
    assert [gain.slice.split(" (")[0] for gain in gains] == ["age 1 of 2", "age 2 of 2"]
    assert sum(gain.rows for gain in gains) == 399
