"""Bytes of a text file, plain or gzipped, checked while they pass: UTF-8, no NUL, no decompression bomb."""

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

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


class CheckedStream(io.RawIOBase):
    """A file's text as bytes; reading raises a `DataError` at the first byte that can't be in a table."""

    def __init__(self, path: Path) -> None:
        """Open a file; it is gunzipped when its name ends in .gz."""
        super().__init__()
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
        block = self._next_block(size)
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
