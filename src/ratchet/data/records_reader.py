"""Read Excel sheets and JSON records: cells that have types, as the texts that a CSV file would have."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound

from ratchet.config.data import FileSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Header, Reading, make_chunks, match_header, refuse_other_columns, show
from ratchet.data.values import MAX_EXACT
from ratchet.errors import DataError, list_names

BATCH_ROWS = 1 << 14
SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
Cells = Sequence[str | None]
Write = Callable[[Any], str]  # Any: of the kind beside it
WRITERS: tuple[tuple[type, Write], ...] = (
    (bool, lambda value: str(value).lower()),
    (float, lambda value: f"{value:.0f}" if value.is_integer() and abs(value) < MAX_EXACT else repr(value)),
    (timedelta, lambda value: str(value.total_seconds())),
    *((kind, lambda value: value.isoformat()) for kind in (datetime, date, time)),
)


def open_records(paths: Sequence[Path], source: FileSource, plan: ReadPlan) -> Reading:
    """Open workbooks or files of JSON records that have the same columns, in the given order.

    Raises:
        DataError: a file can't be read, or does not fit the YAML or the first file.
    """
    names = [read_names(path, source.sheet) for path in paths]
    header = match_header(names[0], plan, str(paths[0]))
    for path, found in zip(paths, names, strict=True):
        refuse_other_columns(found, str(path), names[0], str(paths[0]))
    parts = ((str(path), _read_file(path, found, source, header)) for path, found in zip(paths, names, strict=True))
    return Reading(chunks=make_chunks(parts), warnings=header.warnings, source=source.path, missing=source.missing)


def _read_file(path: Path, names: Sequence[str], source: FileSource, header: Header) -> Iterator[pa.RecordBatch]:
    rows = read_rows(path, names, source.sheet)
    while batch := list(islice(rows, BATCH_ROWS)):
        columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
        yield header.pick(pa.RecordBatch.from_arrays(columns, list(names)))


def read_names(path: Path, sheet: str | None = None) -> list[str]:
    """Return the names of the columns: of a sheet its first row, of records every key that one of them has.

    Raises:
        DataError: the file can't be read, or has no column.
    """
    names = _names_of_sheet(path, sheet) if path.suffix in SHEETS else _names_of_records(path)
    if not names:
        raise DataError(f"{path}: it is empty; deliver it again")
    return names


def _names_of_sheet(path: Path, sheet: str | None) -> list[str]:
    return [_as_text(cell) or f"column {place}" for place, cell in enumerate(_first_row(path, sheet), 1)]


def _names_of_records(path: Path) -> list[str]:
    return [*dict.fromkeys(key for record in _read_records(path) for key in record)]


def read_rows(path: Path, names: Sequence[str], sheet: str | None = None) -> Iterator[Cells]:
    """Yield the rows below the names as texts; None where there is nothing.

    Raises:
        DataError: a row can't be read.
    """
    if path.suffix in SHEETS:
        yield from filter(any, _cells_of(path, sheet))  # a row without a value is none
        return
    for record in _read_records(path):
        yield [_as_text(record.get(name)) for name in names]


def _cells_of(path: Path, sheet: str | None) -> Iterator[Cells]:
    for row in islice(_rows_of(path, sheet), 1, None):
        yield [_as_text(cell) for cell in row]


def list_sheets(path: Path) -> list[str]:
    """Return the names of a workbook's sheets; none for a file of records.

    Raises:
        DataError: the workbook can't be read.
    """
    if path.suffix not in SHEETS:
        return []
    try:
        return list(CalamineWorkbook.from_path(path).sheet_names)
    except CalamineError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: it is no intact workbook ({error}); save it again, without a password")


def _first_row(path: Path, sheet: str | None) -> Iterable[object]:
    return next(_rows_of(path, sheet), ())


def _rows_of(path: Path, sheet: str | None) -> Iterator[Sequence[object]]:
    """Yield the rows of a sheet, of the first one without a name; empty rows above the names are left out."""
    try:
        workbook = CalamineWorkbook.from_path(path)
        found = workbook.get_sheet_by_name(sheet) if sheet else workbook.get_sheet_by_index(0)
        yield from found.to_python(skip_empty_area=True)
    except WorksheetNotFound as error:
        known = list_names(show(name) for name in list_sheets(path))
        raise DataError(f"{path}: it has no sheet {show(sheet)}; see `data.source.sheet`: it has {known}") from error
    except CalamineError as error:
        raise _damaged(path, error) from error


def _read_records(path: Path) -> Iterator[Mapping[str, object]]:
    """Yield the objects of a file with one a line, or of one list."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as file:
            if path.name.removesuffix(".gz").endswith(".json") and file.read(1) == "[":
                file.seek(0)
                yield from _check_list(path, json.load(file))
                return
            file.seek(0)
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _check_record(f"{path}, line {number}", json.loads(line))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: {error}; it should have one JSON object a line, or be a list of them") from error
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise DataError(f"{path}: it can't be read as text ({error}); deliver it again as UTF-8") from error


def _check_list(path: Path, found: object) -> Iterator[Mapping[str, object]]:
    records = found if isinstance(found, list) else [found]
    for number, record in enumerate(records, 1):
        yield _check_record(f"{path}, record {number}", record)


def _check_record(place: str, record: object) -> Mapping[str, object]:
    if not isinstance(record, dict):
        raise DataError(f"{place}: {show(record)} is no JSON object; write each row as one, with the columns' names")
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise DataError(
                f"{place}: column {show(name)} holds a nested value; write its parts as columns of their own"
            )
    return record


def _as_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    for kind, write in WRITERS:
        if isinstance(value, kind):
            return write(value)
    return str(value).strip()
