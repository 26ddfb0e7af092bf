import pyarrow as pa
import pytest

from builders.runs import make_config
from builders.tables import make_chunk
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.chunks import match_header, number_rows, refuse_other_columns, show
from ratchet.errors import DataError

PLAN = plan_snapshot(make_config().data)
NAMES = ["when", "age", "city", "member", "bought"]


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


def test_wanted_columns_are_found_in_any_order() -> None:
    header = match_header(NAMES[::-1], PLAN, "data.csv")
    assert header.columns == {name: name for name in NAMES}
    assert header.warnings == ()


def test_blanks_around_a_name_are_left_out_with_a_remark() -> None:
    header = match_header([" when", *NAMES[1:]], PLAN, "data.csv")
    assert header.columns["when"] == " when"
    assert header.warnings == ("blanks around column names were left out: when",)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([*NAMES, "age"], "column 'age' stands there 2 times"),
        (NAMES[1:], "column 'when' is missing; the columns are"),
        (["when", "age", "City", "member", "bought"], "did you mean 'City'"),
        (["when;age;city;member;bought"], "set `data.source.delimiter` to ';'"),
        (["Report"], "a line above the header"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(names: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        match_header(names, PLAN, "data.csv")


def test_files_with_the_same_columns_in_another_order_are_alike() -> None:
    refuse_other_columns(["b ", "a"], "2.csv", ["a", "b"], "1.csv")


@pytest.mark.parametrize(("names", "words"), [(["a"], "lacks columns that 1.csv has: 'b'"), (["a", "b", "c"], "'c'")])
def test_files_with_other_columns_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        refuse_other_columns(names, "2.csv", ["a", "b"], "1.csv")


def test_names_of_the_snapshot_itself_are_refused() -> None:
    with pytest.raises(DataError, match="'_time'"):
        match_header(NAMES, plan_snapshot(make_config(data={"entity": "_time"}).data), "data.csv")
