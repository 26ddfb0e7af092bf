import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratchet.data.profiling import read_batches
from ratchet.errors import DataError


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
