import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.runs import make_config, make_run
from builders.tables import HEADER, make_rows
from ratchet.data.chunks import Chunk, number_rows
from ratchet.data.snapshot import Fingerprint, Intake, cut_alike, fingerprinted, read_sorted
from ratchet.errors import DataError
from ratchet.records.columns import TIME

SCHEMA = pa.schema(
    [
        ("_time", pa.timestamp("us", "UTC")),
        ("_row", pa.int64()),
        ("x", pa.float64()),
        ("c", pa.string()),
        ("b", pa.bool_()),
    ]
)


def _rows(count: int = 100, order: list[int] | None = None) -> pa.RecordBatch:
    numbers = order or list(range(count))
    start = datetime(2025, 1, 1, tzinfo=UTC)
    columns = {
        "_time": [start + timedelta(hours=number // 2) for number in numbers],
        "_row": list(range(len(numbers))),
        "x": [None if number % 7 == 0 else number / 3 for number in numbers],
        "c": [None if number % 5 == 0 else f"städt {number}" for number in numbers],
        "b": [None if number % 3 == 0 else number % 2 == 0 for number in numbers],
    }
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def _digest(batches: list[pa.RecordBatch]) -> str:
    fingerprint = Fingerprint(SCHEMA)
    for _ in fingerprinted(cut_alike(batches, SCHEMA), fingerprint):
        pass
    return fingerprint.hexdigest()


def test_pieces_are_cut_alike_however_rows_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.snapshot.MAX_CELLS", 5 * 30)
    rows = _rows()
    ways = ([rows], [rows[:1], rows[1:]], [rows[at : at + 7] for at in range(0, 100, 7)])
    for way in ways:
        assert [piece.num_rows for piece in cut_alike(way, SCHEMA)] == [30, 30, 30, 10]
    assert len({_digest(list(way)) for way in ways}) == 1


def test_no_rows_make_no_piece() -> None:
    assert list(cut_alike([_rows()[:0]], SCHEMA)) == []


def test_what_nulls_hide_is_not_in_a_fingerprint() -> None:
    mask = pa.py_buffer(np.packbits([0, 1], bitorder="little").tobytes())
    hidden = [
        pa.Array.from_buffers(pa.float64(), 2, [mask, pa.py_buffer(np.array(pair))]) for pair in ([1.0, 2], [9, 2.0])
    ]
    schema = pa.schema([("x", pa.float64())])
    digests = set()
    for array in hidden:
        fingerprint = Fingerprint(schema)
        fingerprint.update(pa.RecordBatch.from_arrays([array], schema=schema))
        digests.add(fingerprint.hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("column", ["_time", "_row", "x", "c", "b"])
def test_every_column_counts_for_the_fingerprint(column: str) -> None:
    rows = _rows()
    at = SCHEMA.get_field_index(column)
    turned = rows.set_column(at, SCHEMA.field(at), rows.column(at)[::-1])
    assert _digest([turned]) != _digest([rows])


def test_texts_do_not_run_into_one_another() -> None:
    one, other = (_rows(2).set_column(3, SCHEMA.field(3), pa.array(texts)) for texts in (["ab", "c"], ["a", "bc"]))
    assert _digest([one]) != _digest([other])


def test_a_file_is_read_in_the_order_of_time_and_row(tmp_path: Path) -> None:
    order = list(range(100))
    random.Random(3).shuffle(order)
    pq.write_table(pa.Table.from_batches([_rows(order=order)]), tmp_path / "a [1].parquet")
    table = pa.Table.from_batches(read_sorted(tmp_path / "a [1].parquet", by_content=False), SCHEMA)
    assert sorted(zip(*table.select(["_time", "_row"]).to_pydict().values(), strict=True)) == list(
        zip(*table.select(["_time", "_row"]).to_pydict().values(), strict=True)
    )
    assert sorted(table["_row"].to_pylist()) == list(range(100))
    assert [path.name for path in tmp_path.iterdir()] == ["a [1].parquet"]


def test_rows_in_no_order_are_ordered_by_content_and_numbered_anew(tmp_path: Path) -> None:
    results = []
    for seed in (1, 2):
        order = list(range(100))
        random.Random(seed).shuffle(order)
        pq.write_table(pa.Table.from_batches([_rows(order=order)]), tmp_path / "a.parquet")
        results.append(pa.Table.from_batches(read_sorted(tmp_path / "a.parquet", by_content=True), SCHEMA))
    assert results[0].equals(results[1])
    assert results[0]["_row"].to_pylist() == list(range(100))


def _intake(as_of: object = None, **data: object) -> Intake:
    return Intake(make_run(Path("home"), make_config(data=data), as_of=as_of), ("",))


def _chunk(rows: list[tuple[str, ...]], start: int = 0) -> Chunk:
    batch = pa.RecordBatch.from_arrays([pa.array(cells) for cells in zip(*rows, strict=True)], list(HEADER))
    return Chunk(rows=number_rows(batch, start), origin="data.csv", first=0)


def test_chunks_are_typed_and_counted() -> None:
    intake = _intake()
    batch = intake.take(_chunk(make_rows(10)))
    intake.take(_chunk(make_rows(20)[10:], 10))
    assert batch.schema.equals(intake.schema)
    assert (intake.rows, intake.is_sorted, intake.warnings) == (20, True, ())
    assert intake.time_from == datetime(2025, 1, 1, tzinfo=UTC)
    assert intake.time_to == datetime(2025, 1, 1, 19, tzinfo=UTC)


def test_disorder_is_seen_within_and_between_chunks() -> None:
    rows = make_rows(20)
    within, between = _intake(), _intake()
    within.take(_chunk(rows[::-1]))
    between.take(_chunk(rows[10:]))
    between.take(_chunk(rows[:10]))
    assert (within.is_sorted, between.is_sorted) == (False, False)


def test_it_is_full_when_the_as_of_is_reached() -> None:
    intake = _intake(as_of=15, time={"order": "rows"})
    intake.take(_chunk(make_rows(10)))
    assert not intake.is_full
    intake.take(_chunk(make_rows(10), 10))
    assert intake.is_full
    assert intake.rows == 15


def test_rows_are_cut_where_their_label_was_not_known_yet() -> None:
    intake = _intake(as_of="2025-01-01T10:00:00Z", label_delay="2h")
    batch = intake.take(_chunk(make_rows(20)))
    assert batch.num_rows == 9
    assert intake.time_to == datetime(2025, 1, 1, 10, tzinfo=UTC) - timedelta(hours=2)


def test_without_an_as_of_labels_must_be_known_when_the_run_begins() -> None:
    run = make_run(Path("home"), make_config(data={"label_delay": "2h"}), started="2025-01-01T10:00:00Z")
    batch = Intake(run, ("",)).take(_chunk(make_rows(20)))
    assert batch.column(TIME)[-1].as_py() == datetime(2025, 1, 1, 8, tzinfo=UTC)


def test_too_few_rows_are_refused_with_their_number() -> None:
    intake = _intake(as_of="2025-01-01T10:00:00Z")
    intake.take(_chunk(make_rows(20)))
    with pytest.raises(DataError, match=r"11 rows with a known label as of .*, of 20 in the source; at least 200"):
        intake.verify()


def test_categories_are_counted_over_all_chunks() -> None:
    intake = _intake(checks={"max_categories": 2})
    rows = make_rows(3)
    intake.take(_chunk(rows[:2]))
    with pytest.raises(DataError, match="'city' has more than 2 different values"):
        intake.take(_chunk(rows[2:], 2))


def test_a_time_after_the_run_is_refused_unless_an_as_of_is_asked_for() -> None:
    row = ("2026-01-07T00:00:00Z", *make_rows(1)[0][1:])
    with pytest.raises(DataError, match="later than the run"):
        _intake().take(_chunk([row]))
    assert _intake(as_of="2026-02-01T00:00:00Z").take(_chunk([row])).num_rows == 1


@pytest.mark.parametrize(
    ("as_of", "time", "words"),
    [
        (5, {"column": "when"}, "the data has a clock"),
        ("2025-01-01T00:00:00Z", {"order": "rows"}, "only has an order"),
        (0, {"order": "rows"}, "leaves nothing"),
    ],
)
def test_an_as_of_of_the_wrong_kind_is_refused(as_of: object, time: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        _intake(as_of=as_of, time=time)
