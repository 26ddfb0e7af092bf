import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratchet.data.snapshot import Fingerprint, cut_alike, fingerprinted, read_sorted

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
