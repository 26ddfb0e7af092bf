import pyarrow as pa
import pytest

from builders.tables import make_chunk
from ratchet.data.chunks import number_rows, show


def test_a_place_counts_rows_of_the_file_from_one() -> None:
    assert make_chunk([1, 2]).place(0) == "data.csv, row 1"
    assert make_chunk([1, 2], rows_before=10).place(1) == "data.csv, row 12"


def test_a_place_survives_leaving_rows_out() -> None:
    assert make_chunk([1, 2, 3]).only(pa.array([False, False, True])).place(0) == "data.csv, row 3"


def test_rows_are_numbered_from_where_the_last_ones_ended() -> None:
    rows = number_rows(pa.RecordBatch.from_pydict({"a": ["x", "y"]}), 7)
    assert rows.to_pydict() == {"a": ["x", "y"], "_row": [7, 8]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", "'a'"), (1.5, "'1.5'"), ("a\nb\u200b", r"'a\nb\u200b'"), ("x" * 50, "'" + "x" * 40 + "…'")],
)
def test_values_are_shown_on_one_short_line(value: object, shown: str) -> None:
    assert show(value) == shown
