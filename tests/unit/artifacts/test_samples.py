from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.samples import BATCH_ROWS, read_rows, sample_rows
from ratchet.errors import ArtifactError
from ratchet.records.columns import HAS_FEATURES, ROW, TIME, VERSION
from ratchet.records.files import FileRef
from ratchet.timeline import Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 3 * BATCH_ROWS


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
