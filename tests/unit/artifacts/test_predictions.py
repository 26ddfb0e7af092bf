""""""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratchet.artifacts.predictions import (
    find_scorings,
    predictions_of,
    queue_path,
    read_asked,
    read_predicted,
    staged,
    write_queue,
)
from ratchet.errors import ArtifactError

SCHEMA = pa.schema([("prediction_id", pa.string()), ("model_version", pa.int32())])
DAY = datetime(2026, 1, 31, tzinfo=UTC)


def batch(*ids: str, version: int = 1) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(ids), pa.array([version] * len(ids), pa.int32())], schema=SCHEMA)


def publish(home: Path, run_id: str, **partitions: pa.RecordBatch):
    folder = predictions_of(home, "sales")
    with staged(folder, SCHEMA) as staging:
        for name, rows in partitions.items():
            staging.write(name, rows)
        return staging.publish(folder, run_id, home)


def read(home: Path, partition: str, except_run: str = "") -> list[tuple[int, list[str]]]:
    found = read_predicted(predictions_of(home, "sales"), partition, except_run=except_run)
    return [(version, ids.to_pylist()) for version, ids in found]


def test_each_run_has_a_file_of_its_own(tmp_path):
    publish(tmp_path, "one", a=batch("x"), b=batch("y"))
    publish(tmp_path, "two", a=batch("z", version=2))
    assert read(tmp_path, "a") == [(1, ["x"]), (2, ["z"])]
    assert read(tmp_path, "a", except_run="one") == [(2, ["z"])]
    assert read(tmp_path, "c") == []


def test_a_run_replaces_what_it_wrote_before(tmp_path):
    publish(tmp_path, "one", a=batch("x"), b=batch("y"))
    (part,) = publish(tmp_path, "one", a=batch("x", "z"))
    assert (part.name, part.rows) == ("a", 2)
    assert read(tmp_path, "a") == [(1, ["x", "z"])]
    assert read(tmp_path, "b") == [(1, ["y"])]


def write_and_fail(home: Path) -> None:
    with staged(predictions_of(home, "sales"), SCHEMA) as staging:
        staging.write("a", batch("x"))
        raise ValueError("on the way")


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="on the way"):
        write_and_fail(tmp_path)
    assert list(predictions_of(tmp_path, "sales").iterdir()) == []


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    left = predictions_of(tmp_path, "sales") / ".staging-1"
    left.mkdir(parents=True)
    publish(tmp_path, "one", a=batch("x"))
    assert not left.exists()


def test_a_cleared_staging_publishes_nothing(tmp_path):
    folder = predictions_of(tmp_path, "sales")
    with staged(folder, SCHEMA) as staging:
        staging.write("a", batch("x"))
        staging.clear()
        assert staging.publish(folder, "one", tmp_path) == ()


def test_a_damaged_file_is_named(tmp_path):
    publish(tmp_path, "one", a=batch("x"))
    path = predictions_of(tmp_path, "sales") / "a" / "run-one.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ArtifactError, match=r"run-one.parquet is no intact file of predictions"):
        read(tmp_path, "a")


def test_a_broken_record_is_named(tmp_path):
    path = predictions_of(tmp_path, "sales") / "_runs" / "one.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ArtifactError, match=r"one.json is not a record of a scoring run"):
        find_scorings(tmp_path, "sales")
    assert find_scorings(tmp_path, "other") == []


def ask(home, as_of, *names: str):
    path = queue_path(home, "sales", as_of)
    return path, write_queue(
        home, path, pa.table({"prediction_id": pa.array(names, pa.string()), "age": [1] * len(names)})
    )


@pytest.mark.parametrize("as_of", [DAY.astimezone(timezone(timedelta(hours=5))), DAY])
def test_one_moment_has_one_file(tmp_path, as_of):
    assert queue_path(tmp_path, "sales", as_of).name == "2026-01-31T000000.000000Z.parquet"


def test_what_earlier_and_later_runs_asked_for_is_told_apart(tmp_path):
    path, ref = ask(tmp_path, DAY, "own")
    ask(tmp_path, DAY - timedelta(days=1), "a", "b")
    ask(tmp_path, DAY - timedelta(days=30), "c")
    ask(tmp_path, DAY + timedelta(microseconds=1), "d")
    assert read_asked(path) == ({"a", "b", "c"}, {"d"})
    assert pq.read_table(tmp_path / ref.path).column("prediction_id").to_pylist() == ["own"]


def test_rows_are_in_the_order_of_their_number(tmp_path):
    path, _ = ask(tmp_path, 9_000)
    ask(tmp_path, 10_000, "later")
    ask(tmp_path, 800, "earlier")
    assert read_asked(path) == ({"earlier"}, {"later"})


def test_nobody_was_asked_before_the_first_run(tmp_path):
    assert read_asked(queue_path(tmp_path, "sales", DAY)) == (frozenset(), frozenset())


def test_half_written_files_are_not_looked_at_and_damaged_ones_are_named(tmp_path):
    path, _ = ask(tmp_path, DAY)
    (path.parent / ".2026.parquet.tmp").write_bytes(b"")
    (path.parent / ".half.parquet").write_bytes(b"")
    assert read_asked(path) == (frozenset(), frozenset())
    queue_path(tmp_path, "sales", DAY - timedelta(days=1)).write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match=r"2026-01-30.*is no intact queue.*delete it"):
        read_asked(path)
