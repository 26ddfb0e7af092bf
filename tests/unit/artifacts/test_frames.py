"""Frames come back as they were written, or not at all."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from ratchet.artifacts.files import refer_to
from ratchet.artifacts.frames import read_evenly, read_frame, write_batches, write_frame
from ratchet.errors import ArtifactError


def make_frame() -> pd.DataFrame:
    """Every kind of column that a snapshot has."""
    return pd.DataFrame(
        {
            "_time": pd.to_datetime(["2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T00:00Z"]),
            "_row": [0, 1, 2],
            "age": [1.5, float("nan"), 3.0],
            "city": ["Zürich", None, "<b>"],
        }
    )


def test_a_frame_comes_back_as_it_was(tmp_path: Path) -> None:
    ref = write_frame(make_frame(), tmp_path / "frame.parquet", tmp_path)
    pd.testing.assert_frame_equal(read_frame(ref, tmp_path), make_frame())


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    ref = write_frame(make_frame(), tmp_path / "frame.parquet", tmp_path)
    assert list(read_frame(ref, tmp_path, ["age"]).columns) == ["age"]


def test_the_same_frame_makes_the_same_file(tmp_path: Path) -> None:
    first = write_frame(make_frame(), tmp_path / "a.parquet", tmp_path)
    second = write_frame(make_frame(), tmp_path / "b.parquet", tmp_path)
    assert first.sha256 == second.sha256


def test_a_stream_of_batches_is_one_file(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict({"x": [1, 2]})
    ref = write_batches(iter([batch, batch]), batch.schema, tmp_path / "x.parquet", tmp_path)
    assert read_frame(ref, tmp_path)["x"].tolist() == [1, 2, 1, 2]


def test_an_error_in_the_stream_leaves_no_file(tmp_path: Path) -> None:
    schema = pa.schema([("x", pa.int64())])
    wrong = pa.RecordBatch.from_pydict({"y": ["a"]})
    with pytest.raises(ValueError, match="schema"):
        write_batches([wrong], schema, tmp_path / "x.parquet", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_text("no")
    with pytest.raises(ArtifactError, match=r"x\.parquet can't be read as Parquet"):
        read_frame(refer_to(path, tmp_path), tmp_path)


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ref = write_frame(make_frame(), tmp_path / "frame.parquet", tmp_path)
    with pytest.raises(ArtifactError, match="can't be read as Parquet"):
        read_frame(ref, tmp_path, ["height"])


@pytest.mark.parametrize(
    ("at_most", "found"),
    [(4, [0, 3, 6, 9]), (9, [0, 1, 2, 3, 4, 5, 6, 7, 9]), (10, list(range(10))), (99, list(range(10)))],
)
def test_rows_are_read_evenly_from_first_to_last(tmp_path, at_most, found):
    ref = write_frame(pd.DataFrame({"a": range(10), "b": range(10)}), tmp_path / "rows.parquet", tmp_path)
    frame = read_evenly(ref, tmp_path, ["a"], at_most=at_most)
    assert frame["a"].tolist() == found
    assert list(frame.columns) == ["a"]


def test_what_reading_lets_go_of_can_be_used_by_models() -> None:
    assert pa.default_memory_pool().backend_name == "system"  # what that saves: benchmarks/judging_cost.py
