from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratchet.artifacts.queues import queue_path, read_asked, write_queue
from ratchet.errors import ArtifactError

DAY = datetime(2026, 1, 31, tzinfo=UTC)


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
