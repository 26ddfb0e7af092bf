"""Rows for which an expression holds."""

import numpy as np
import pandas as pd
import pytest

from ratchet.config.expressions import parse_expression
from ratchet.evaluation.slices.expressions import is_true

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
