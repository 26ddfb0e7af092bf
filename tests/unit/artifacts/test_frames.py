"""Frames come back as they were written, or not at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ratchet.artifacts.files import refer_to
from ratchet.artifacts.frames import (
    BATCH_ROWS,
    read_evenly,
    read_frame,
    read_rows,
    sample_rows,
    write_batches,
    write_frame,
)
from ratchet.errors import ArtifactError
from ratchet.records.columns import HAS_FEATURES, ROW, TIME, VERSION
from ratchet.records.files import FileRef
from ratchet.timeline import Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 3 * BATCH_ROWS


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


@pytest.fixture
def home(tmp_path):
    return tmp_path


def write(home, rows: int = ROWS) -> FileRef:
    numbers = np.arange(rows)
    times = (pd.Timestamp(BEGIN) + pd.to_timedelta(numbers, unit="s")).astype("datetime64[us, UTC]")
    return write_frame(pd.DataFrame({TIME: times, ROW: numbers, "x": numbers * 2}), home / "rows.parquet", home)


def test_few_rows_are_all_returned_in_their_order(home):
    table = sample_rows(read_rows(write(home, 100), home, ["x"]), at_most=100, seed=0)
    assert table.column("x").to_pylist() == list(range(0, 200, 2))
    assert table.column_names == ["x"]


def test_many_rows_are_sampled_evenly_over_all_batches_and_the_same_each_time(home):
    ref = write(home)
    first, again, other = (sample_rows(read_rows(ref, home, [ROW]), at_most=3_000, seed=seed) for seed in (0, 0, 1))
    rows = np.asarray(first.column(ROW))
    assert len(rows) == 3_000
    assert (np.diff(rows) > 0).all()
    assert np.histogram(rows, 3, (0, ROWS))[0] == pytest.approx(1_000, abs=130)  # four standard deviations
    assert first == again
    assert first != other


SECOND = timedelta(seconds=1)
BY_TIME = Window(start=BEGIN + 70_000 * SECOND, end=BEGIN + 70_010 * SECOND)


@pytest.mark.parametrize("window", [Window(start=70_000, end=70_010), BY_TIME])
def test_a_window_is_of_times_or_of_rows(home, window):
    table = pa.concat_tables(read_rows(write(home), home, ["x"], window=window))
    assert table.column("x").to_pylist() == list(range(140_000, 140_020, 2))


def test_an_empty_window_and_an_unknown_column_are_no_error(home):
    table = pa.concat_tables(read_rows(write(home, 10), home, ["x", "y"], window=Window(start=50, end=60)))
    assert (table.num_rows, table.column_names) == (0, ["x"])


def test_a_changed_file_is_refused(home):
    ref = write(home, 10)
    (home / ref.path).write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        list(read_rows(ref, home, ["x"]))


def test_only_rows_that_a_version_predicted_and_that_are_still_there_count(home):
    rows = pd.DataFrame({"x": range(4), VERSION: [1, 2, 2, 2], HAS_FEATURES: [True, True, False, None]})
    ref = write_frame(rows, home / "rows.parquet", home)
    assert [table.column("x").to_pylist() for table in read_rows(ref, home, ["x"], version=2)] == [[], [1]]
    bare = write_frame(rows[["x"]], home / "bare.parquet", home)
    assert sum(table.num_rows for table in read_rows(bare, home, ["x"], version=2)) == 4
