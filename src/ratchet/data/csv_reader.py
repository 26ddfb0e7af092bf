"""Read CSV files as a stream of text columns; say in one sentence what is wrong with a broken one."""

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from ratchet.config.data import FileSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.byte_stream import CheckedStream
from ratchet.data.chunks import Chunk, Reading, number_rows, show
from ratchet.data.header import Header, match_header, refuse_other_columns
from ratchet.errors import DataError

BLOCK_BYTES = 4 << 20  # bounds memory, and the length of a row: one that spans two block ends is refused


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file whose header is known."""

    path: Path
    names: tuple[str, ...]
    header: Header
    has_bom: bool


def open_csv(paths: Sequence[Path], source: FileSource, plan: ReadPlan) -> Reading:
    """Open CSV files that have the same columns, in the given order.

    Raises:
        DataError: a header does not fit the YAML or the first file's header.
    """
    _refuse_odd_delimiter(source.delimiter)
    files = [_open_file(path, source, plan) for path in paths]
    for file in files:
        refuse_other_columns(file.names, str(file.path), files[0].names, str(files[0].path))
    marks = [f"{file.path.name}: a byte order mark was left out" for file in files if file.has_bom]
    warnings = (*files[0].header.warnings, *marks)
    return Reading(chunks=_read_files(files, source), warnings=warnings, source=source.path, missing=source.missing)


def _refuse_odd_delimiter(delimiter: str) -> None:
    if not delimiter.isascii() or delimiter in '"\r\n':
        raise DataError(f"`data.source.delimiter` can't be {delimiter!a}; use , ; | or a tab")


def _open_file(path: Path, source: FileSource, plan: ReadPlan) -> _Opened:
    with CheckedStream(path) as stream:
        first = _first_row(path, stream, source.delimiter)
        names = source.header or first
        if len(names) != len(first):
            raise DataError(f"{path}: `data.source.header` names {len(names)} columns and row 1 has {len(first)} cells")
        return _Opened(path, names, match_header(names, plan, str(path)), stream.has_bom)


def _first_row(path: Path, stream: CheckedStream, delimiter: str) -> tuple[str, ...]:
    rows = csv.reader(_as_text(stream), delimiter=delimiter)
    try:
        return tuple(next(row for row in rows if row))
    except StopIteration:
        raise DataError(f"{path}: it is empty; deliver it again") from None
    except csv.Error as error:
        raise DataError(f"{path}: the header can't be read ({error}); is a quote not closed?") from error


def _as_text(stream: CheckedStream) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="")


def _read_files(files: Sequence[_Opened], source: FileSource) -> Generator[Chunk, None, None]:
    start = 0
    for file in files:
        first = start
        for rows in _read_file(file, source):
            yield Chunk(rows=number_rows(rows, start), origin=str(file.path), first=first)
            start += rows.num_rows


def _read_file(file: _Opened, source: FileSource) -> Iterator[pa.RecordBatch]:
    with CheckedStream(file.path) as stream:
        try:
            with _open_arrow(file, source, stream) as reader:
                for rows in reader:
                    yield rows.rename_columns(list(file.header.columns))
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise DataError(_explain(file, source, str(error))) from error
        # Arrow takes a quote that is still open at the end for a closed one
        if stream.quotes % 2 and (fault := _find_fault(file, source)):
            raise DataError(fault)


def _open_arrow(file: _Opened, source: FileSource, stream: CheckedStream) -> arrow_csv.CSVStreamingReader:
    return arrow_csv.open_csv(
        pa.PythonFile(stream, "r"),
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES, column_names=list(source.header) or None),
        parse_options=arrow_csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,  # the stream has checked every byte
            default_column_type=pa.string(),
            include_columns=list(file.header.columns.values()),
        ),
    )


def _explain(file: _Opened, source: FileSource, problem: str) -> str:
    if "straddling" in problem:
        return _find_fault(file, source) or (
            f"{file.path}: a row is longer than {BLOCK_BYTES >> 20} MB; is a quote not closed?"
        )
    return _find_fault(file, source) or f"{file.path}: {problem.splitlines()[0]}"


def _find_fault(file: _Opened, source: FileSource) -> str | None:
    """Read a file that was refused once more, slowly, for the line of its first broken row."""
    wanted, before = len(file.names), 0
    with CheckedStream(file.path) as stream:
        rows = csv.reader(_as_text(stream), delimiter=source.delimiter, strict=True)
        try:
            for row in rows:
                if row and len(row) != wanted:
                    return _describe_row(file, source, row, (before + 1, rows.line_num))
                before = rows.line_num
        except csv.Error as error:
            return f"{file.path}, line {before + 1}: {error}; is a quote not closed, or a cell too long?"
    return None


def _describe_row(file: _Opened, source: FileSource, row: list[str], lines: tuple[int, int]) -> str:
    first, last = lines
    text = source.delimiter.join(row)
    hint = "; is a quote not closed?" if last > first else "; was the file cut off, or a delimiter not quoted?"
    return f"{file.path}, line {first}: {len(row)} cells where the header has {len(file.names)}: {show(text)}{hint}"
