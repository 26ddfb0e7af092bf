"""Read CSV files as a stream of text columns, every byte checked; say what is wrong with a broken one."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as arrow_csv

from ratchet.config.data import FileSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Header, Reading, make_chunks, match_header, refuse_other_columns, show
from ratchet.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_RATIO = 250  # decompressed to compressed; tables reach 10 to 100, DEFLATE ends at 1032
RATIO_FREE = 64 << 20  # bytes below which any ratio is harmless
OTHER_KINDS = {
    b"\x1f\x8b": "it is gzipped; name it .csv.gz",
    b"PAR1": "it is a Parquet file; name it .parquet",
    b"PK\x03\x04": "it is a ZIP or Excel file; save it as CSV",
    codecs.BOM_UTF16_LE: "it is UTF-16; save it as UTF-8",
    codecs.BOM_UTF16_BE: "it is UTF-16; save it as UTF-8",
}
MOST_BYTES = 4  # UTF-8's of a character that another encoding has in one byte
BLOCK_BYTES = 4 << 20  # bounds memory, and the length of a row: one that spans two block ends is refused


class CheckedStream(io.RawIOBase):
    """A file's text as bytes; reading raises a `DataError` at the first byte that can't be in a table."""

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        """Open a file; it is gunzipped when its name ends in .gz, and becomes UTF-8 from another encoding."""
        super().__init__()
        self._recoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self.path = path
        self.has_bom = False
        self.quotes = 0
        self._file: BinaryIO = path.open("rb")
        self._is_zipped = path.name.endswith(".gz")
        self._bytes = cast("BinaryIO", gzip.GzipFile(fileobj=self._file)) if self._is_zipped else self._file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._size = 0
        self._lines = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read and check the next bytes."""
        block = self._next_block(size) if self._recoder is None else self._recode(size)
        if self._size == 0:
            self._check_start(block)
        self._check(block)
        self._size += len(block)
        self._lines += block.count(b"\n")
        self.quotes += block.count(b'"')
        return block

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read and check the next bytes into a buffer."""
        view = memoryview(buffer)
        block = self.read(view.nbytes)
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close the file."""
        # Both: GzipFile leaves a file that it was given open.
        self._bytes.close()
        self._file.close()
        super().close()

    def _next_block(self, size: int) -> bytes:
        try:
            return self._bytes.read(size)
        except EOFError as error:
            raise DataError(f"{self.path}: the gzip file ends too early; deliver it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self.path}: it is no intact gzip file ({error}); deliver it again") from error

    def _recode(self, size: int) -> bytes:
        """Return UTF-8 of at most so many bytes, or a few where that is less than a character: no letter takes more."""
        assert self._recoder is not None
        while raw := self._next_block(max(size // MOST_BYTES, 1) if size > 0 else size):
            try:
                if text := self._recoder.decode(raw):
                    return text.encode()
            except UnicodeError as error:
                name = self._recoder.__module__.removeprefix("encodings.")
                raise DataError(f"{self.path}: it is not {name} ({error}); see `data.source.encoding`") from error
        return b""

    def _check_start(self, block: bytes) -> None:
        if not block:
            raise DataError(f"{self.path}: it is empty; deliver it again")
        for magic, sentence in OTHER_KINDS.items():
            if block.startswith(magic):
                raise DataError(f"{self.path}: {sentence}")
        self.has_bom = block.startswith(codecs.BOM_UTF8)

    def _check(self, block: bytes) -> None:
        if (at := block.find(b"\0")) >= 0:
            line = self._line_of(block, at)
            raise DataError(f"{self.path}, line {line}: a NUL byte; it is binary or not UTF-8: save it as UTF-8 text")
        self._check_ratio(len(block))
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line = self._line_of(error.object, error.start)
            byte = f"0x{error.object[error.start]:02X}" if error.start < len(error.object) else "the last byte"
            raise DataError(f"{self.path}, line {line}: {byte} is not UTF-8; save the file as UTF-8") from error

    def _check_ratio(self, added: int) -> None:
        size = self._size + added
        if self._is_zipped and size > RATIO_FREE and size > MAX_RATIO * self._file.tell():
            raise DataError(
                f"{self.path}: it grows more than {MAX_RATIO} times when it is unpacked; deliver it as plain CSV"
            )

    def _line_of(self, block: bytes, at: int) -> int:
        return self._lines + block.count(b"\n", 0, at) + 1


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
    chunks = make_chunks((str(file.path), _read_file(file, source)) for file in files)
    return Reading(chunks=chunks, warnings=warnings, source=source.path, missing=source.missing)


def _refuse_odd_delimiter(delimiter: str) -> None:
    if not delimiter.isascii() or delimiter in '"\r\n':
        raise DataError(f"`data.source.delimiter` can't be {delimiter!a}; use , ; | or a tab")


def _open_file(path: Path, source: FileSource, plan: ReadPlan) -> _Opened:
    with CheckedStream(path, source.encoding) as stream:
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


def _read_file(file: _Opened, source: FileSource) -> Iterator[pa.RecordBatch]:
    with CheckedStream(file.path, source.encoding) as stream:
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
    with CheckedStream(file.path, source.encoding) as stream:
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
