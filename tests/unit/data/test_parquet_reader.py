from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.runs import make_config
from builders.tables import make_frame
from ratchet.config.data import FileSource
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.parquet_reader import open_parquet, read_batches
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


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"x": values, "c": [str(value) for value in values]}), path)


def test_a_folder_is_read_file_by_file_without_hidden_ones(tmp_path):
    write(tmp_path / "day=1" / "a.parquet", [1, 2])
    write(tmp_path / "day=2" / "b.parquet", [3])
    write(tmp_path / ".tmp" / "c.parquet", [4])
    write(tmp_path / "_old.parquet", [5])
    values = [value for batch in read_batches(tmp_path) for value in batch.column("x").to_pylist()]
    assert values == [1, 2, 3]


def test_only_the_asked_columns_are_read_as_far_as_they_are_there(tmp_path):
    write(tmp_path / "a.parquet", [1])
    (batch,) = read_batches(tmp_path / "a.parquet", ["x", "gone"])
    assert batch.schema.names == ["x"]


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no Parquet file"):
        list(read_batches(tmp_path))


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DataError, match=r"a.parquet: it is no intact Parquet file"):
        list(read_batches(tmp_path))
