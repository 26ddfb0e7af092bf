"""Look at the first rows of a file whose form is not known yet: everything as text, nothing converted."""

import csv
import gzip
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.data.header import DELIMITERS
from ratchet.data.values import NUMBER
from ratchet.errors import DataError, list_names

SAMPLE_ROWS = 50_000
LINES_FOR_DELIMITER = 20
SHOWN_LINE = 60
UNREADABLE = (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error, pa.ArrowException, pd.errors.ParserError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a file.

    Attributes:
        path: the file.
        frame: every column as text without blanks around names and values; null where there is nothing.
        delimiter: of a CSV file; None for Parquet.
        is_whole: whether these are all of its rows.
    """

    path: Path
    frame: pd.DataFrame
    delimiter: str | None
    is_whole: bool


def read_sample(path: Path) -> Sample:
    """Read the first rows of a CSV, gzipped CSV or Parquet file.

    Raises:
        DataError: the file is missing, can't be read, has no rows, or begins with data instead of names.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; --data takes one CSV, gzipped CSV or Parquet file")
    try:
        sample = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except UNREADABLE as error:
        raise DataError(f"{path}: can't be read as CSV or Parquet: {' '.join(str(error).split())[:200]}") from error
    if sample.frame.empty:
        raise DataError(f"{path}: there is no row below the column names")
    return sample


def _read_parquet(path: Path) -> Sample:
    file = pq.ParquetFile(path)
    batches = list(islice(file.iter_batches(batch_size=SAMPLE_ROWS), 1))
    frame = pa.Table.from_batches(batches, schema=file.schema_arrow).to_pandas()
    texts = {name: _as_text(frame[name]) for name in frame.columns}
    _refuse_repeats(path, [str(name).strip() for name in frame.columns])
    renamed = pd.DataFrame(texts).rename(columns=str.strip)
    return Sample(path=path, frame=renamed, delimiter=None, is_whole=file.metadata.num_rows <= SAMPLE_ROWS)


def _as_text(column: pd.Series) -> pd.Series:
    """Write values as a CSV file would; whole numbers of a column with gaps lose their ".0"."""
    texts = column.astype(object).mask(column.isna()).map(str, na_action="ignore").str.strip()
    ends = r"\.0$" if pd.api.types.is_float_dtype(column) else r"$^"  # the second one never matches
    return texts.str.replace(ends, "", regex=True).mask(column.isna())


def _read_csv(path: Path) -> Sample:
    delimiter = _find_delimiter(path)
    with _open(path) as stream:
        names = [name.strip() for name in next(csv.reader(stream, delimiter=delimiter, skipinitialspace=True), [])]
    _refuse_data(path, names, delimiter)
    _refuse_repeats(path, names)
    # As texts and nothing guessed: 00420 stays a code and "NA" a text, until all values of a column were looked at.
    frame = pd.read_csv(
        path,
        sep=delimiter,
        names=[name or f"column {place}" for place, name in enumerate(names, 1)],
        header=0,
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        nrows=SAMPLE_ROWS + 1,  # one more than is kept tells whether the file goes on
        skipinitialspace=True,
        encoding="utf-8-sig",
    )
    stripped = frame.iloc[:SAMPLE_ROWS].apply(_stripped).astype(object)
    return Sample(path=path, frame=stripped, delimiter=delimiter, is_whole=len(frame) <= SAMPLE_ROWS)


def _stripped(column: pd.Series) -> pd.Series:
    """Take blanks off each different value once: a file has far fewer of them than cells."""
    if column.isna().all():
        return column.astype(object)
    texts = {text: text.strip() or None for text in column.dropna().unique()}
    return column.map(texts).astype(object) if any(text != old for old, text in texts.items()) else column


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _find_delimiter(path: Path) -> str:
    """Choose what divides the first lines into the most columns, the same number in every line."""
    with _open(path) as stream:
        lines = [str(line) for line in islice(stream, LINES_FOR_DELIMITER)]
    if not lines:
        raise DataError(f"{path}: the file is empty")
    widths = {mark: {len(row) for row in csv.reader(lines, delimiter=mark) if row} for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: (len(widths[mark]) == 1, max(widths[mark], default=0)))


def _refuse_repeats(path: Path, names: list[str]) -> None:
    if repeated := sorted({name for name in names if name and names.count(name) > 1}):
        raise DataError(f"{path}: columns stand there twice: {list_names(repeated)}; rename or remove one of each")


def _refuse_data(path: Path, names: list[str], delimiter: str) -> None:
    """A number is no column name: then the file has no header line."""
    if any(pd.Series(names, dtype=object).str.fullmatch(NUMBER)):
        line = delimiter.join(names)[:SHOWN_LINE]
        raise DataError(
            f"{path}: the first line ({line!a}…) looks like data, not like column names; put a line of names on top, "
            "or write the YAML by hand with the names under `data.source.header`"
        )
