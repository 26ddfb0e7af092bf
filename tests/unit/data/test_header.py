import pytest

from builders.runs import make_config
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.header import match_header, refuse_other_columns
from ratchet.errors import DataError

PLAN = plan_snapshot(make_config().data)
NAMES = ["when", "age", "city", "member", "bought"]


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
