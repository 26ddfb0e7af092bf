import numpy as np
import pyarrow as pa
import pytest

from ratchet.drift.novelty import count_novel_values
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.records.columns import ColumnKind

KINDS = {"age": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL, "member": ColumnKind.BOOLEAN}
THEN = pa.table(
    {"age": [20.0, 50.0, 80.0] * 20, "city": ["Oslo", "Bern", "Rome"] * 20, "member": [True, True, None] * 20}
)


def count(rows: dict[str, object], columns=tuple(KINDS)) -> list[int]:
    batches = THEN.to_batches()
    reference = make_reference(batches, KINDS)
    return count_novel_values(pa.table(rows), reference, profile_rows(batches, reference), columns).tolist()


@pytest.mark.parametrize(
    ("rows", "novel"),
    [
        ({"age": [20.0, 80.0, 19.9, 80.1]}, [0, 0, 1, 1]),
        ({"age": [None, np.nan, np.inf, -np.inf]}, [1, 1, 1, 1]),
        ({"age": [20, 81]}, [0, 1]),
        ({"city": ["Oslo", "Lima", None]}, [0, 1, 1]),
        ({"city": pa.array(["Oslo", "Lima"]).dictionary_encode()}, [0, 1]),
        ({"member": [True, False, None]}, [0, 1, 0]),
        ({"age": [900.0], "city": ["Lima"], "member": [False]}, [3]),
        ({"age": ["old", "young"]}, [0, 0]),
        ({"other": [1, 2]}, [0, 0]),
        ({"age": pa.array([], pa.float64())}, []),
    ],
)
def test_values_that_the_reference_never_had_are_counted(rows, novel):
    assert count(rows) == novel


def test_only_the_columns_that_are_asked_for_count():
    assert count({"age": [900.0], "city": ["Lima"]}, ["city"]) == [1]


def test_a_reference_without_values_knows_no_range():
    batches = pa.table({"age": pa.array([None, None], pa.float64())}).to_batches()
    reference = make_reference(batches, {"age": ColumnKind.NUMERIC})
    now = pa.table({"age": [1.0, None]})
    assert count_novel_values(now, reference, profile_rows(batches, reference), ["age"]).tolist() == [1, 0]
