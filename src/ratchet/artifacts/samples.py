"""A sample of a Parquet file's rows, in bounded memory; every row is as likely as any other."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.errors import ArtifactError
from ratchet.records.columns import ROW, TIME
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Window

BATCH_ROWS = 1 << 16


def sample_rows(
    ref: FileRef, home: Path, columns: Sequence[str], *, at_most: int, seed: int, window: Window | None = None
) -> pa.Table:
    """Return so many rows, in the order of the file; all of them when there are no more.

    Args:
        ref: the Parquet file.
        home: where its path starts.
        columns: the ones to return, as far as the file has them.
        at_most: so many rows.
        seed: of the draw.
        window: only rows of this stretch of `records.columns.TIME`, or of `ROW` where its moments are numbers.

    Raises:
        ArtifactError: the file is missing, changed or damaged.
    """
    chance = np.random.default_rng(seed)
    parts, keys = list[pa.Table](), list[np.ndarray]()
    kept, limit = 0, 1.0
    for rows in read_rows(ref, home, columns, window=window):
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


def read_rows(ref: FileRef, home: Path, columns: Sequence[str], *, window: Window | None = None) -> Iterator[pa.Table]:
    """Yield a file's rows in their order, batch by batch, the first even when it has none; otherwise as `sample_rows`.

    Raises:
        ArtifactError: the file is missing, changed or damaged.
    """
    path = verified_path(ref, home)
    moment = TIME if window is not None and isinstance(window.start, datetime) else ROW
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            known = file.schema_arrow.names
            wanted = [name for name in dict.fromkeys(columns) if name in known]
            read = wanted if window is None or moment in wanted else [*wanted, moment]
            yield file.schema_arrow.empty_table().select(wanted)
            for batch in file.iter_batches(BATCH_ROWS, columns=read):
                rows = pa.Table.from_batches([batch])
                yield _within(rows, moment, window).select(wanted)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(f"{path} can't be read as Parquet: {error}") from error


def _within(rows: pa.Table, moment: str, window: Window | None) -> pa.Table:
    if window is None:
        return rows
    moments = rows.column(moment)
    start, end = (pa.scalar(each, moments.type) for each in (window.start, window.end))
    return rows.filter(pc.and_(pc.greater_equal(moments, start), pc.less(moments, end)))


def _thin(parts: list[pa.Table], keys: list[np.ndarray], at_most: int) -> float:
    """Keep the rows with the lowest keys, and return the lowest key that is not kept."""
    limit = float(np.partition(np.concatenate(keys), at_most)[at_most])
    parts[:] = [part.filter(pa.array(key < limit)) for part, key in zip(parts, keys, strict=True)]
    keys[:] = [key[key < limit] for key in keys]
    return limit
