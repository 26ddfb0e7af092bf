"""Stream the rows that are to be profiled for drift; what a snapshot looks like to the data check is `profile`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.errors import DataError

BATCH_ROWS = 1 << 16  # half a megabyte a column of numbers: sorted within a core's cache


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, or of all Parquet files below a folder, in bounded memory.

    Args:
        path: a file or a folder. Files and folders whose names start with a dot or an underscore are left out.
        columns: the ones to read, as far as a file has them; None reads all.

    Raises:
        DataError: there is no file, or one is damaged.
    """
    for file in _find_files(path):
        try:
            yield from _read_file(file, columns)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise DataError(f"{file}: it is no intact Parquet file ({reason}); write it again") from error


def _find_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.rglob("*.parquet"))
    kept = [file for file in found if not any(part[0] in "._" for part in file.relative_to(path).parts)]
    if not kept:
        raise DataError(f"{path}: there is no Parquet file to profile")
    return kept


def _read_file(path: Path, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        schema = file.schema_arrow
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    wanted = [name for name in schema.names if columns is None or name in columns]
    # texts stay dictionaries: each different one is looked at once
    with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts, pre_buffer=False) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=wanted)
