"""What validate says of the data."""

from pathlib import Path

import pytest

from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.data.examining import SourceReport, examine_data

FEATURES = {"age": "numeric", "city": "categorical", "member": "boolean"}
ROWS = [
    f"2024-01-01 {hour:02d}:00,{20 + hour},{'Oslo' if hour % 2 else 'Bern'},yes,{'yes' if hour % 3 else 'no'}"
    for hour in range(24)
]


def examined(folder: Path, rows: list[str], **data: object) -> SourceReport:
    (folder / "a.csv").write_text("\n".join(["when,age,city,member,bought", *rows]) + "\n")
    return examine_data(config_of(**data), folder)


def config_of(**data: object) -> ModelConfig:
    target = {"column": "bought", "positive": "yes", "negative": "no"}
    shared = {"source": {"path": "a.csv"}, "time": {"column": "when"}, "target": target, "features": FEATURES}
    return make_config(data={**shared, "checks": {"min_rows": 10}, **data})


def test_each_column_is_told_with_counts_and_an_example(tmp_path: Path) -> None:
    report = examined(tmp_path, [*ROWS, "2024-01-02,,,no,yes"])
    assert (report.rows, report.faults) == (25, ())
    found = {each.name: each for each in report.columns}
    assert list(found)[:5] == ["when", "bought", "age", "city", "member"]
    assert (found["age"].values, found["age"].empty, found["age"].example) == (24, 1, "'20'")
    assert dict(found["city"].different) == {"Oslo": 12, "Bern": 12}


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("2024-01-02,old,Oslo,yes,yes", "age", "'old'"),
        ("2024-01-02,30,Oslo,perhaps,yes", "member", "'perhaps'"),
        ("2024-01-02,30,Oslo,yes,maybe", "bought", "'maybe'"),
        ("soon,30,Oslo,yes,yes", "when", "'soon'"),
    ],
)
def test_every_value_that_does_not_fit_is_counted_and_the_first_one_placed(
    tmp_path: Path, row: str, column: str, value: str
) -> None:
    report = examined(tmp_path, [*ROWS[:9], row, *ROWS[9:], row])
    (fault,) = report.faults
    assert "a.csv, row 10" in fault
    assert f"column '{column}'" in fault or f"target '{column}'" in fault
    assert value in fault
    assert f"(2 rows of '{column}' can't be read" in fault


def test_all_columns_that_do_not_fit_are_told_at_once(tmp_path: Path) -> None:
    assert len(examined(tmp_path, [*ROWS, "2024-01-02,old,Oslo,perhaps,yes"]).faults) == 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"checks": {"min_rows": 100}}, "24 rows are there; at least 100 are needed"),
        ({"target": {"column": "bought", "positive": "true"}}, "no row has 'true'; rows have 'yes' in 16, 'no' in 8"),
        ({"checks": {"min_rows": 10, "max_categories": 2}, "features": {"age": "categorical"}}, "24 different values"),
    ],
)
def test_what_only_the_whole_table_shows_is_told(tmp_path: Path, data: dict[str, object], told: str) -> None:
    (fault,) = examined(tmp_path, ROWS, **data).faults
    assert told in fault


def test_unlabelled_rows_are_counted(tmp_path: Path) -> None:
    report = examined(tmp_path, [*ROWS, *["2024-01-02,30,Oslo,yes,"] * 6])
    assert "6 rows have no label, more than 5%" in report.faults[0]
