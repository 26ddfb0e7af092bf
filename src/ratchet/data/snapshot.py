"""Write a snapshot: in order, in pieces of a fixed size, with a digest of its content."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratchet.artifacts.frames import ROW_GROUP
from ratchet.records.columns import ROW, TIME

MAX_CELLS = 1 << 22  # of one piece: bounds the memory of wide tables
SORT_MEMORY = "256MB"  # beyond it DuckDB sorts on disk


class Fingerprint:
    """A digest of rows: the same for the same rows, whatever file they came from.

    The pieces must be cut alike each time, which `cut_alike` does.
    """

    def __init__(self, schema: pa.Schema) -> None:
        """Start with the names and types of the columns."""
        self._digest = hashlib.sha256("\n".join(f"{field.name}\t{field.type}" for field in schema).encode())

    def update(self, rows: pa.RecordBatch) -> None:
        """Add a piece."""
        self._digest.update(str(rows.num_rows).encode())
        for column in rows.columns:
            for buffer in _content(column):
                self._digest.update(buffer)

    def hexdigest(self) -> str:
        """Return the digest of all pieces so far."""
        return self._digest.hexdigest()


def _content(column: pa.Array) -> Iterator[bytes | memoryview]:
    """Give a column's values as bytes that depend on nothing else: not on offsets, padding, or what nulls hide."""
    yield pc.is_valid(column).to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(column.type):
        filled = pc.fill_null(column, "")
        _, offsets, texts = filled.buffers()
        ends = np.frombuffer(offsets, np.int32)[filled.offset : filled.offset + len(filled) + 1]
        yield np.diff(ends).tobytes()
        yield memoryview(texts or b"")[ends[0] : ends[-1]]
        return
    number = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    filled = pc.fill_null(number, pa.scalar(0).cast(number.type))
    yield filled.to_numpy(zero_copy_only=False).tobytes()


def cut_alike(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Cut a stream into pieces whose size depends on the schema alone, so that equal rows make equal files."""
    size = max(1, min(ROW_GROUP, MAX_CELLS // len(schema)))
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= size:
            table = pa.Table.from_batches(waiting, schema)
            yield from table.slice(0, size).combine_chunks().to_batches()
            waiting = table.slice(size).to_batches()
            count -= size
    if count:
        yield from pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()


def fingerprinted(batches: Iterable[pa.RecordBatch], fingerprint: Fingerprint) -> Iterator[pa.RecordBatch]:
    """Pass pieces on, and add them to a fingerprint."""
    for batch in batches:
        fingerprint.update(batch)
        yield batch


def read_sorted(path: Path, *, by_content: bool) -> Iterator[pa.RecordBatch]:
    """Read a Parquet file in the order of time and row, with memory bounded by spilling beside it.

    Args:
        path: the file, whose rows have a time.
        by_content: whether rows of one time are ordered by what is in them, and numbered anew: for a source that
            gives rows in no order, where their numbers mean nothing.
    """
    with (
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".sort-") as spill,
        duckdb.connect(config={"memory_limit": SORT_MEMORY, "temp_directory": spill, "threads": 2}) as database,
        pq.ParquetFile(path) as file,
    ):
        schema = file.schema_arrow
        names = [name for name in schema.names if name != ROW] if by_content else [TIME, ROW]
        unsorted = pa.RecordBatchReader.from_batches(schema, file.iter_batches())
        order = ", ".join(f'"{name}"' for name in names)  # names from the YAML, which allows no quotes in them
        ordered = database.from_arrow(unsorted).order(order).to_arrow_reader(ROW_GROUP // 8)
        start = 0
        for batch in ordered:
            rows = pa.Table.from_batches([batch]).cast(schema).to_batches()[0]
            yield _number_anew(rows, start) if by_content else rows
            start += batch.num_rows


def _number_anew(rows: pa.RecordBatch, start: int) -> pa.RecordBatch:
    numbers = pa.array(np.arange(start, start + rows.num_rows, dtype=np.int64))
    return rows.set_column(rows.schema.get_field_index(ROW), rows.schema.field(ROW), numbers)
