"""Rows of slices, and their gains."""

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_frame, make_pair, make_plan
from ratchet.config.judging import Slice
from ratchet.evaluation.slices import find_rows, measure_slice

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
    gain = measure_slice(make_pair(), make_plan(), frame, part, confidence=0.95)
    assert (gain.slice, gain.rows, gain.problem) == ("oslo", int((frame["city"] == "Oslo").sum()), None)


def test_a_column_that_is_not_there_is_a_problem():
    gain = measure_slice(
        make_pair(), make_plan(), make_frame(), Slice(name="old", column="wage", at_least=1.0), confidence=0.95
    )
    assert (gain.problem, gain.lower, gain.rows) == ("the holdout has no column 'wage'", None, 0)


def test_a_slice_without_rows_is_a_problem():
    part = Slice(name="rome", column="city", values=("Rome",))
    gain = measure_slice(make_pair(), make_plan(), make_frame(), part, confidence=0.95)
    assert gain.problem == "no rows in the holdout"
