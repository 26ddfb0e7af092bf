from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.runs import make_config
from builders.tables import make_frame
from ratchet.config.data import FileSource
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.parquet_reader import open_parquet
from ratchet.errors import DataError

PLAN = plan_snapshot(make_config().data)


def _rows(*paths: Path) -> list[dict[str, object]]:
    chunks = open_parquet(paths, FileSource(path="in"), PLAN).chunks
    return [row for chunk in chunks for row in chunk.rows.to_pylist()]


def test_rows_of_all_files_are_numbered_through(tmp_path: Path) -> None:
    for name in ("1.parquet", "2.parquet"):
        make_frame(3).to_parquet(tmp_path / name)
    rows = _rows(tmp_path / "1.parquet", tmp_path / "2.parquet")
    assert [row["_row"] for row in rows] == [0, 1, 2, 3, 4, 5]


def test_only_wanted_columns_are_read_in_the_order_of_the_yaml(tmp_path: Path) -> None:
    frame = make_frame(2)[["bought", "city", "age", "member", "when"]]
    frame["age.years"] = 1  # a prefix that Parquet takes for a nested column
    frame.to_parquet(tmp_path / "1.parquet")
    assert list(_rows(tmp_path / "1.parquet")[0]) == ["when", "age", "city", "member", "bought", "_row"]


def test_a_column_that_is_empty_in_one_file_fits_any_type(tmp_path: Path) -> None:
    make_frame(2).to_parquet(tmp_path / "1.parquet")
    make_frame(2).assign(city=None).to_parquet(tmp_path / "2.parquet")
    rows = _rows(tmp_path / "1.parquet", tmp_path / "2.parquet")
    assert [row["city"] for row in rows] == ["Oslo", "Bern", None, None]


def test_a_repeated_long_text_is_held_once(tmp_path: Path) -> None:
    table = pa.Table.from_pandas(make_frame(200).assign(city="x" * 10_000), preserve_index=False)
    pq.write_table(table, tmp_path / "1.parquet")
    (chunk,) = open_parquet([tmp_path / "1.parquet"], FileSource(path="in"), PLAN).chunks
    assert chunk.rows["city"].nbytes < 20_000


def test_another_type_in_a_later_file_is_refused(tmp_path: Path) -> None:
    make_frame(2).to_parquet(tmp_path / "1.parquet")
    make_frame(2).assign(age=1.5).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2\.parquet: column 'age' is double and int64 in .*1\.parquet"):
        _rows(tmp_path / "1.parquet", tmp_path / "2.parquet")
