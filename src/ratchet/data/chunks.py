"""What a reader hands on: raw rows under the names of the YAML, and where they were read."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ratchet.records.columns import ROW

SHOWN_VALUE = 40  # characters of a value that a message repeats
MAX_ROWS = 2_000_000_000  # a footer can promise any number of rows; more than this is refused before one is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of one file or query, not converted yet.

    Attributes:
        rows: the columns that the YAML names, and the row number over all files.
        origin: the file or query, for messages.
        first: row number of the origin's first row.
    """

    rows: pa.RecordBatch
    origin: str
    first: int

    def place(self, index: int) -> str:
        """Say where a row stands: its file, and its number there counted from 1 without the header."""
        number = self.rows.column(ROW)[index].as_py() - self.first + 1
        return f"{self.origin}, row {number}"

    def only(self, mask: pa.BooleanArray) -> "Chunk":
        """Keep the rows that a mask marks."""
        return Chunk(rows=self.rows.filter(mask), origin=self.origin, first=self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An opened source.

    Attributes:
        chunks: its rows, read while they are asked for.
        warnings: what was accepted with a remark.
        source: what is read, without credentials.
        missing: texts that stand for no value.
        is_ordered: False when rows arrive in an order that means nothing, as from a query.
    """

    chunks: Generator[Chunk, None, None]
    warnings: tuple[str, ...]
    source: str
    missing: tuple[str, ...]
    is_ordered: bool = True


def number_rows(rows: pa.RecordBatch, start: int) -> pa.RecordBatch:
    """Add the row numbers to raw rows."""
    numbers = pa.array(np.arange(start, start + rows.num_rows, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*rows.columns, numbers], [*rows.schema.names, ROW])


def show(value: object) -> str:
    """Quote a value for a message: short, on one line, with invisible characters spelt out."""
    text = str(value)
    shown = text if len(text) <= SHOWN_VALUE else text[:SHOWN_VALUE] + "…"
    return "'" + "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown) + "'"
