"""Frames on disk: Parquet with page checksums, written whole, verified when read."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import refer_to, verified_path, written_atomically
from ratchet.errors import ArtifactError
from ratchet.records.files import FileRef

# Arrow's own allocator holds on to some 20 MB a process for a frame of 5, which loaded models can't use then.
pa.set_memory_pool(pa.system_memory_pool())

ROW_GROUP = 1 << 17  # rows; bounds the memory of a streaming reader


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
