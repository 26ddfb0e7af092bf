"""Read Parquet files as a stream of batches: those of a source, footers checked first, and those of our own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.config.data import FileSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import MAX_ROWS, Header, Reading, make_chunks, match_header, refuse_other_columns, show
from ratchet.errors import DataError

BATCH_ROWS = 1 << 16  # half a megabyte a column of numbers: sorted within a core's cache


def open_parquet(paths: Sequence[Path], source: FileSource, plan: ReadPlan) -> Reading:
    """Open Parquet files that have the same columns, in the given order.

    Raises:
        DataError: a file is damaged, promises too many rows, or does not fit the YAML or the first file.
    """
    schemas = [_read_schema(path) for path in paths]
    header = match_header(schemas[0].names, plan, str(paths[0]))
    for path, schema in zip(paths, schemas, strict=True):
        refuse_other_columns(schema.names, str(path), schemas[0].names, str(paths[0]))
        _refuse_other_types(schema, path, schemas[0], paths[0])
    chunks = make_chunks((str(path), _read_file(path, header)) for path in paths)
    return Reading(chunks=chunks, warnings=header.warnings, source=source.path, missing=source.missing)


def _open_file(path: Path, texts: Sequence[str] = ()) -> pq.ParquetFile:
    """Open a file; its text columns stay dictionaries so that a repeated long text is held once."""
    try:
        return pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=list(texts), pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    reason = str(error).splitlines()[0].rstrip(".")
    return DataError(f"{path}: it is no intact Parquet file ({reason}); deliver it again")


def _read_schema(path: Path) -> pa.Schema:
    if not path.stat().st_size:
        raise DataError(f"{path}: it is empty; deliver it again")
    with _open_file(path) as file:
        if file.metadata.num_rows > MAX_ROWS:
            raise DataError(f"{path}: it promises {file.metadata.num_rows:,} rows; at most {MAX_ROWS:,} are read")
        schema = file.schema_arrow
    repeated = [name for name, count in Counter(schema.names).items() if count > 1]
    if repeated:
        raise DataError(f"{path}: column {show(repeated[0])} stands there more than once; keep one")
    return schema


def _refuse_other_types(schema: pa.Schema, path: Path, first: pa.Schema, first_path: Path) -> None:
    for field in first:
        kind = schema.field(field.name).type if field.name in schema.names else field.type
        # a file where a column is empty has no type to compare
        if kind != field.type and not pa.types.is_null(kind) and not pa.types.is_null(field.type):
            raise DataError(
                f"{path}: column {show(field.name)} is {kind} and {field.type} in {first_path}; write both alike"
            )


def _read_file(path: Path, header: Header) -> Iterator[pa.RecordBatch]:
    wanted = list(header.columns.values())
    with _open_file(path, _texts_of(_read_schema(path))) as file:
        try:
            for rows in file.iter_batches(BATCH_ROWS, columns=wanted):
                # "a" also brings "a.b"; and a file has its columns in its own order
                yield header.pick(rows)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from error


def _texts_of(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_string(field.type)]


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, or of all Parquet files below a folder, in bounded memory.

    Args:
        path: a file or a folder. Files and folders whose names start with a dot or an underscore are left out.
        columns: the ones to read, as far as a file has them; None reads all.

    Raises:
        DataError: there is no file, or one is damaged.
    """
    for file in _list_files(path):
        try:
            yield from _stream_file(file, columns)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise DataError(f"{file}: it is no intact Parquet file ({reason}); write it again") from error


def _list_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.rglob("*.parquet"))
    kept = [file for file in found if not any(part[0] in "._" for part in file.relative_to(path).parts)]
    if not kept:
        raise DataError(f"{path}: there is no Parquet file to profile")
    return kept


def _stream_file(path: Path, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        schema = file.schema_arrow
    texts = _texts_of(schema)
    wanted = [name for name in schema.names if columns is None or name in columns]
    # texts stay dictionaries: each different one is looked at once
    with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts, pre_buffer=False) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=wanted)
