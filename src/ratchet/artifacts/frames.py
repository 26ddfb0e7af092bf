"""Rows on disk: Parquet with page checksums, written whole, verified when read, as frames or batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratchet.artifacts.files import refer_to, verified_path, written_atomically
from ratchet.errors import ArtifactError
from ratchet.records.columns import HAS_FEATURES, ROW, TIME, VERSION
from ratchet.records.files import FileRef
from ratchet.timeline import Window

# Arrow's own allocator holds on to some 20 MB a process for a frame of 5, which loaded models can't use then.
pa.set_memory_pool(pa.system_memory_pool())
ROW_GROUP = 1 << 17  # rows; bounds the memory of a streaming reader
BATCH_ROWS = 1 << 16


def write_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path, home: Path) -> FileRef:
    """Write a stream of batches as one Parquet file; memory is that of a batch."""
    with written_atomically(path) as temporary:
        options = {"compression": "zstd", "write_page_checksum": True}
        with pq.ParquetWriter(temporary, schema, **options) as writer:
            for batch in batches:
                writer.write_batch(batch, row_group_size=ROW_GROUP)
    return refer_to(path, home)


def write_frame(frame: pd.DataFrame, path: Path, home: Path) -> FileRef:
    """Write a frame, without its index, as one Parquet file."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return write_batches(table.to_batches(max_chunksize=ROW_GROUP), table.schema, path, home)


def read_frame(ref: FileRef, home: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a frame that is still what its record says.

    Raises:
        ArtifactError: the file is missing, changed or damaged.
    """
    frame: pd.DataFrame = _read_table(ref, home, columns).to_pandas()
    return frame


def read_evenly(ref: FileRef, home: Path, columns: Sequence[str], *, at_most: int) -> pd.DataFrame:
    """Read so many rows of a frame, evenly spread; the others never become Python objects.

    Raises:
        ArtifactError: the file is missing, changed or damaged.
    """
    table = _read_table(ref, home, columns)
    if table.num_rows > at_most:
        last = table.num_rows - 1
        table = table.take(pa.array([place * last // (at_most - 1) for place in range(at_most)]))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_table(ref: FileRef, home: Path, columns: Sequence[str] | None) -> pa.Table:
    path = verified_path(ref, home)
    try:
        wanted = list(columns) if columns is not None else None
        return pq.read_table(path, columns=wanted, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise ArtifactError(f"{path} can't be read as Parquet: {error}") from error


def read_rows(
    ref: FileRef, home: Path, columns: Sequence[str], *, window: Window | None = None, version: int | None = None
) -> Iterator[pa.Table]:
    """Yield a file's rows in their order, batch by batch; first a table without rows, so that there is one.

    Args:
        ref: the Parquet file.
        home: where its path starts.
        columns: the ones to return, as far as the file has them.
        window: only rows of this window of `records.columns.TIME`, or of `ROW` where its moments are numbers.
        version: only what this version predicted from rows that are still there, as profiles count.

    Raises:
        ArtifactError: the file is missing, changed or damaged.
    """
    path = verified_path(ref, home)
    moment = TIME if window is not None and isinstance(window.start, datetime) else ROW
    asked = [*([moment] if window else []), *((VERSION, HAS_FEATURES) if version is not None else ())]
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            wanted = _only_known(columns, file)
            read = _only_known([*wanted, *asked], file)
            yield file.schema_arrow.empty_table().select(wanted)
            for batch in file.iter_batches(BATCH_ROWS, columns=read):
                rows = _within(pa.Table.from_batches([batch]), moment, window)
                yield _predicted_by(rows, version).select(wanted)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(f"{path} can't be read as Parquet: {error}") from error


def _only_known(columns: Sequence[str], file: pq.ParquetFile) -> list[str]:
    return [name for name in dict.fromkeys(columns) if name in file.schema_arrow.names]


def sample_rows(batches: Iterable[pa.Table], *, at_most: int, seed: int) -> pa.Table:
    """Return so many rows of at least one batch, in their order; all of them when there are no more.

    Every row is as likely as any other: those with the lowest random keys are kept.
    """
    chance = np.random.default_rng(seed)
    parts, keys = list[pa.Table](), list[np.ndarray]()
    kept, limit = 0, 1.0
    for rows in batches:
        drawn = chance.random(rows.num_rows)
        taken = drawn < limit
        parts.append(rows.filter(pa.array(taken)))
        keys.append(drawn[taken])
        kept += int(taken.sum())
        if kept > 2 * at_most:
            limit = _thin(parts, keys, at_most)
            kept = sum(map(len, keys))
    if kept > at_most:
        _thin(parts, keys, at_most)
    return pa.concat_tables(parts)


def _within(rows: pa.Table, moment: str, window: Window | None) -> pa.Table:
    if window is None:
        return rows
    moments = rows.column(moment)
    start, end = (pa.scalar(each, moments.type) for each in (window.start, window.end))
    return rows.filter(pc.and_(pc.greater_equal(moments, start), pc.less(moments, end)))


def _predicted_by(rows: pa.Table, version: int | None) -> pa.Table:
    if version is not None and VERSION in rows.column_names:
        rows = rows.filter(pc.equal(rows.column(VERSION), version))
    if version is not None and HAS_FEATURES in rows.column_names:
        rows = rows.filter(rows.column(HAS_FEATURES))
    return rows


def _thin(parts: list[pa.Table], keys: list[np.ndarray], at_most: int) -> float:
    """Keep the rows with the lowest keys, and return the lowest key that is not kept."""
    limit = float(np.partition(np.concatenate(keys), at_most)[at_most])
    parts[:] = [part.filter(pa.array(key < limit)) for part, key in zip(parts, keys, strict=True)]
    keys[:] = [key[key < limit] for key in keys]
    return limit
