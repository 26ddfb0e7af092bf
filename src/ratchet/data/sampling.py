"""Look at the first rows of a file whose form is not known yet: everything as text, nothing converted."""

import codecs
import csv
import gzip
import re
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.config.data import Checks
from ratchet.config.formats import NUMBER
from ratchet.data.chunks import DELIMITERS
from ratchet.data.records_reader import list_sheets, read_names, read_rows
from ratchet.data.values import MAX_EXACT
from ratchet.data.written import number_formats, words_of
from ratchet.errors import DataError, list_names
from ratchet.records.columns import ColumnKind

SAMPLE_ROWS = 50_000
LINES_FOR_DELIMITER = 20
BYTES_FOR_ENCODING = 1 << 24
UTF8, WESTERN = "utf-8-sig", "cp1252"
CSV_NAME = re.compile(r"\.[ct]sv(\.gz)?$")
SHOWN_LINE = 60
UNREADABLE = (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error, pa.ArrowException, pd.errors.ParserError)
MANY_VALUES = Checks().max_categories
NO_VALUE = ("?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A")  # in any column
NO_NUMBER = ("-", "--", ".", "None", "none", "missing", "unknown")  # only where everything else is a number
MAX_NO_NUMBER = 0.5  # share of a column that such texts may have
BOOLEANS = ({"true", "false"}, {"yes", "no"})
CODE_WORDS = frozenset(  # the last word of a name whose whole numbers name something
    {
        *("id", "code", "type", "zip", "zipcode", "postcode", "postal", "fips", "tract", "county", "district", "ward"),
        *(
            "precinct",
            "region",
            "zone",
            "store",
            "shop",
            "branch",
            "station",
            "terminal",
            "category",
            "sku",
            "ean",
            "upc",
        ),
        *(
            "product",
            "article",
            "plz",
            "postleitzahl",
            "vorwahl",
            "kennung",
            "kennziffer",
            "filiale",
            "artikel",
            "produkt",
        ),
        *("bezirk", "kreis", "kategorie", "codigo", "código", "cep", "producto", "produto", "tienda", "loja", "region"),
        *("région", "codice", "prodotto", "categoria", "catégorie", "categoría", "magasin", "commune", "insee", "kod"),
    }
)
THING_WORDS = frozenset(  # what rows are not about: things that are sold or places, of which each has a number
    {
        *("product", "produkt", "article", "artikel", "item", "sku", "store", "shop", "filiale", "producto", "produto"),
        *("prodotto", "produit", "magasin", "tienda", "loja", "category", "route", "station", "airport", "part"),
    }
)
NUMBER_WORDS = frozenset({"id", "nr", "no", "num", "number", "nummer", "key", "numero", "número", "code"})
KEY_NAME = re.compile(r"(?i:(^|[_ .-])(id|nbr|no|nr|num|number|key|uuid|guid|ref))$|[a-z]I[dD]$")
THING_NAME = re.compile(
    r"(^|[_ .-])(customer|client|user|member|subscriber|patient|person|passenger|employee|student|driver|borrower"
    r"|tenant|household|account|merchant|seller|buyer|supplier|device|machine|sensor|vehicle|meter)$",
    re.IGNORECASE,
)
# C-10042, user_77, a8f3…: one short word and a number, or digits of hash or UUID.
KEY_FORM = r"[A-Za-z]{0,8}[ _:#-]?\d{3,}|(?=.*\d)[0-9A-Fa-f]{8,}(-[0-9A-Fa-f]{4,})*"
FEW_ROWS = 10  # of one customer, where a code of products has more
ZERO_FIRST = re.compile(r"0\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a file.

    Attributes:
        path: the file.
        frame: every column as text without blanks around names and values; null where there is nothing.
        delimiter: of a CSV file; None for Parquet.
        is_whole: whether these are all of its rows.
        encoding: of a CSV file that is not UTF-8.
        sheets: of a workbook, the first of which was read.
    """

    path: Path
    frame: pd.DataFrame
    delimiter: str | None
    is_whole: bool
    encoding: str | None = None
    sheets: tuple[str, ...] = ()


def read_sample(path: Path) -> Sample:
    """Read the first rows of a file of any kind that is a source.

    Raises:
        DataError: the file is missing, can't be read, has no rows, or begins with data instead of names.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; --data takes a file or a folder of files")
    try:
        sample = _read_kind(path)
    except UNREADABLE as error:
        raise DataError(f"{path}: can't be read: {' '.join(str(error).split())[:200]}") from error
    if sample.frame.empty:
        raise DataError(f"{path}: there is no row below the column names")
    return sample


def _read_kind(path: Path) -> Sample:
    if path.suffix == ".parquet":
        return _read_parquet(path)
    return _read_csv(path) if CSV_NAME.search(path.name) else _read_records(path)


def _read_records(path: Path) -> Sample:
    names = read_names(path)
    rows = list(islice(read_rows(path, names), SAMPLE_ROWS + 1))
    stripped = [name.strip() for name in names]
    _refuse_data(path, stripped, ",")
    _refuse_repeats(path, stripped)
    frame = pd.DataFrame(rows[:SAMPLE_ROWS], columns=stripped, dtype=object)
    sheets = list_sheets(path)
    return Sample(path=path, frame=frame, delimiter=None, is_whole=len(rows) <= SAMPLE_ROWS, sheets=tuple(sheets))


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
    encoding = _find_encoding(path)
    delimiter = _find_delimiter(path, encoding)
    with _open(path, encoding) as stream:
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
        encoding=encoding,
    )
    stripped = frame.iloc[:SAMPLE_ROWS].apply(_stripped).astype(object)
    return Sample(
        path=path,
        frame=stripped,
        delimiter=delimiter,
        is_whole=len(frame) <= SAMPLE_ROWS,
        encoding=None if encoding == UTF8 else encoding,
    )


def _stripped(column: pd.Series) -> pd.Series:
    """Take blanks off each different value once: a file has far fewer of them than cells."""
    if column.isna().all():
        return column.astype(object)
    texts = {text: text.strip() or None for text in column.dropna().unique()}
    return column.map(texts).astype(object) if any(text != old for old, text in texts.items()) else column


def _find_encoding(path: Path) -> str:
    """Return UTF-8 where the beginning is that, else UTF-16 by its mark, else what Western Windows writes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        begin = file.read(BYTES_FOR_ENCODING)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return WESTERN
    return UTF8


def _open(path: Path, encoding: str) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _find_delimiter(path: Path, encoding: str) -> str:
    """Choose what divides the first lines into the most columns, the same number in every line."""
    with _open(path, encoding) as stream:
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


def missing_texts(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the texts that stand for no value anywhere in a sample, the empty one first."""
    counts = [column.value_counts() for _, column in frame.items()]
    found = [text for text in NO_VALUE if _is_in_any(text, counts)]
    numbers_aside = {text for each in counts for text in _texts_among_numbers(each, found)}
    return ("", *found, *sorted(numbers_aside))


def _is_in_any(text: str, counts: list[pd.Series]) -> bool:
    return any(text in each.index for each in counts)


def _texts_among_numbers(counts: pd.Series, known: list[str]) -> set[str]:
    rest = counts[~counts.index.isin(known)]
    odd = rest[rest.index.isin(NO_NUMBER)]
    numbers = rest.drop(odd.index)
    if odd.empty or odd.sum() > MAX_NO_NUMBER * rest.sum():
        return set()
    return set(odd.index) if _all_match(numbers, NUMBER) or number_formats(list(numbers.index)) else set()


def _all_match(counts: pd.Series, pattern: str) -> bool:
    return len(counts) > 0 and all(re.fullmatch(pattern, str(text)) for text in counts.index)


def matches(values: pd.Series, pattern: str) -> bool:
    """Return whether every value has a form; each different one is looked at once."""
    expression = re.compile(pattern)
    return all(map(expression.fullmatch, values.unique()))


def type_of(values: pd.Series) -> ColumnKind:
    """Return the type of a column from its values, none of which is missing."""
    if _are_booleans(values):
        return ColumnKind.BOOLEAN
    are_amounts = matches(values, NUMBER) and not _are_codes(values) and _are_exact(values)
    return ColumnKind.NUMERIC if are_amounts else ColumnKind.CATEGORICAL


def _are_booleans(values: pd.Series) -> bool:
    lower = {text.lower() for text in values.unique()[:3]}  # three different spellings settle it
    return any(lower <= pair for pair in BOOLEANS)


def _are_codes(numbers: pd.Series) -> bool:
    """Tell numbers that only name something: 00420 is a code, not the number 420."""
    if any(map(ZERO_FIRST.fullmatch, numbers.unique())):
        return True
    words = words_of(str(numbers.name))
    is_number_of_thing = bool(THING_WORDS & {*words}) and bool(NUMBER_WORDS & {*words[-1:]})
    return (is_number_of_thing or bool(CODE_WORDS & {*words[-1:]})) and matches(numbers, r"\d+")


def _are_exact(numbers: pd.Series) -> bool:
    return all(abs(float(text)) < MAX_EXACT for text in numbers.unique())


def is_row_number(values: pd.Series) -> bool:
    """Return whether values count up by one from row to row."""
    if len(values) < 2 or not matches(values, r"\d{1,15}"):
        return False
    return bool((values.astype("int64").diff().iloc[1:] == 1).all())


def is_key(values: pd.Series) -> bool:
    """Return whether values are unique: of texts any, of whole numbers those with a key's name or in rising order."""
    if not values.is_unique:
        return False
    if not matches(values, r"\d{1,15}"):
        return not matches(values, NUMBER)
    return bool(KEY_NAME.search(str(values.name))) or values.astype("int64").is_monotonic_increasing


def is_repeated_key(values: pd.Series) -> bool:
    """Return whether values name things that have several rows each: patients, customers, devices."""
    distinct = values.nunique()
    is_many = max(100, 0.02 * len(values)) <= distinct < len(values)
    if not is_many or THING_WORDS & {*words_of(str(values.name))} or not _is_called_a_key(values):
        return False
    return matches(values, r"\d+") or not matches(values, NUMBER)


def _is_called_a_key(values: pd.Series) -> bool:
    """Ask the name; of very many texts, or of texts with few rows each, their form as well: others may be products."""
    name, distinct = str(values.name), values.nunique()
    if KEY_NAME.search(name) or THING_NAME.search(name):
        return True
    are_many = distinct > MANY_VALUES or len(values) <= FEW_ROWS * distinct
    return are_many and not matches(values, NUMBER) and matches(values, KEY_FORM)
