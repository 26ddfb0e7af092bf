"""Builders of source files: a small healthy table of sales, and ways to write it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from builders.runs import make_config, make_run
from ratchet.data.chunks import Chunk
from ratchet.records.columns import ROW
from ratchet.records.data import Table
from ratchet.stages.ingest import ingest

HEADER = ("when", "age", "city", "member", "bought")
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
ROWS = 240
CITIES = ("Oslo", "Bern", "Rome")


def make_rows(count: int = ROWS) -> list[tuple[str, ...]]:
    """Rows of `HEADER` as text, one an hour, in order."""
    return [make_row(number) for number in range(count)]


def make_row(number: int) -> tuple[str, ...]:
    """One of these rows, counted from 0."""
    return (
        (BEGIN + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        str(18 + number % 50),
        CITIES[number % 3],
        "true" if number % 2 else "false",
        "yes" if number % 4 == 0 else "no",
    )


def make_csv(rows: list[tuple[str, ...]] | None = None, header: tuple[str, ...] | None = HEADER) -> str:
    """The text of a CSV file; without `header` it has none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([header] if header else [])
    writer.writerows(make_rows() if rows is None else rows)
    return out.getvalue()


def make_frame(count: int = ROWS) -> pd.DataFrame:
    """The same rows with the types that a Parquet file has."""
    frame = pd.DataFrame(make_rows(count), columns=list(HEADER))
    frame["when"] = pd.to_datetime(frame["when"]).astype("datetime64[us, UTC]")
    return frame.assign(age=frame["age"].astype("int64"), member=frame["member"] == "true")


def changed(row: int, column: str, value: str) -> str:
    """The healthy CSV with one value replaced; rows count from 1."""
    rows = make_rows()
    cells = list(rows[row - 1])
    cells[HEADER.index(column)] = value
    rows[row - 1] = tuple(cells)
    return make_csv(rows)


def ingest_text(folder: Path, text: str | bytes, name: str = "data.csv", **data: object) -> Table:
    """Write a source file and ingest it."""
    folder.joinpath(name).write_bytes(text.encode() if isinstance(text, str) else text)
    return ingest_path(folder, name, **data)


def ingest_path(folder: Path, name: str, *, as_of: object = None, task: str = "binary", **data: object) -> Table:
    """Ingest a file or folder; a whole `source` may be given in `data` instead."""
    config = make_config(task=task, data={"source": {"path": name}} | data)
    return ingest(make_run(folder, config, as_of=as_of))


def read_snapshot(home: Path, table: Table) -> pd.DataFrame:
    """The snapshot's rows."""
    return pq.read_table(home / table.file.path).to_pandas()


def make_chunk(values: object, *, name: str = "age", rows_before: int = 0) -> Chunk:
    """One raw column as a reader hands it on; it may stand further down in its file."""
    array = values if isinstance(values, pa.Array) else pa.array(values)
    numbers = pa.array(range(rows_before, rows_before + len(array)), pa.int64())
    return Chunk(rows=pa.RecordBatch.from_arrays([array, numbers], [name, ROW]), origin="data.csv", first=0)
