"""Every way in which a delivery was ever broken: each is refused with one sentence, and leaves no snapshot."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.tables import HEADER, changed, ingest_path, ingest_text, make_csv, make_frame, make_rows
from ratchet.errors import DataError

TEXT = make_csv()
LINES = TEXT.splitlines(keepends=True)


def _parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def _with_line(line: str, at: int) -> str:
    return "".join([*LINES[:at], line, *LINES[at:]])


def _two_columns_of_a_name() -> bytes:
    out = io.BytesIO()
    columns = [pa.array(["x"]), pa.array(["y"])]
    pq.write_table(pa.Table.from_arrays(columns, ["city", "city"]), out)
    return out.getvalue()


FILES = {
    "empty file": (b"", ("data.csv", "empty")),
    "only line ends": ("\n\n", ("data.csv", "empty")),
    "header only": (LINES[0], ("0 rows", "at least 200", "min_rows")),
    "wrong delimiter": (TEXT.replace(",", ";"), ("data.csv", "single column", "delimiter", "';'")),
    "tab": (TEXT.replace(",", "\t"), ("single column", "delimiter", r"'\t'")),
    "UTF-16": (TEXT.encode("utf-16"), ("data.csv", "UTF-16", "UTF-8")),
    "UTF-16 without mark": (TEXT.encode("utf-16-le"), ("line 1", "NUL", "UTF-8")),
    "latin-1 byte": (changed(16, "city", "Zürich").encode("latin-1"), ("line 17", "0xFC", "UTF-8")),
    "latin-1 at the very end": (TEXT.encode() + b"\xc3", ("UTF-8",)),
    "gzip under .csv": (gzip.compress(TEXT.encode()), ("gzipped", ".csv.gz")),
    "Parquet under .csv": (_parquet(make_frame()), ("Parquet", ".parquet")),
    "Excel under .csv": (b"PK\x03\x04rest", ("Excel",)),
    "NUL bytes": (changed(16, "city", "Os\0lo"), ("line 17", "NUL")),
    "unbalanced quote": (_with_line('2025-01-01T00:00:00Z,20,"Oslo,true,yes\n', 9), ("line 10", "quote")),
    "unbalanced quote at the end": (_with_line('2025-01-01T00:00:00Z,20,Oslo,true,"yes\n', 241), ("line 242", "quote")),
    "long row": (_with_line("2025-01-01T00:00:00Z,20,Oslo,true,yes,extra\n", 9), ("line 10", "6 cells", "has 5")),
    "short row": (_with_line("2025-01-01T00:00:00Z,20,Oslo\n", 9), ("line 10", "3 cells", "has 5")),
    "truncated last line": (TEXT[:-12], ("line 241", "3 cells", "cut off")),
    "preamble line": ("Sales report 2025\n" + TEXT, ("single column", "Sales report 2025", "above the header")),
    "units row": (_with_line("UTC,years,name,flag,label\n", 1), ("row 1", "'when'", "'UTC'")),
    "header in the middle": (_with_line(LINES[0], 9), ("row 9", "'when'")),
    "header one short": (TEXT.replace("when,", "", 1), ("'when' is missing",)),
    "header one short, an extra one": (TEXT.replace("bought", "bought\n", 1).replace("member,", "", 1), ("'member'",)),
    "trailing comma": (LINES[0] + "".join(line.rstrip("\n") + ",\n" for line in LINES[1:]), ("line 2", "6 cells")),
    "5 MB cell": (changed(16, "city", "x" * 5_000_000), ("row 16", "'city'", "5,000,000 characters")),
    "1 MB cell": (changed(16, "city", "x" * 1_000_000), ("row 16", "'city'", "1,000,000 characters")),
    "too few rows": (make_csv(make_rows(199)), ("199 rows", "at least 200")),
    "duplicate column": (TEXT.replace("member", "age", 1), ("'age'", "2 times")),
    "duplicate column but for a blank": (TEXT.replace("member", "age ", 1), ("'age'", "2 times")),
    "missing column": (TEXT.replace("city", "town", 1), ("'city' is missing", "'town'")),
    "misspelt column": (TEXT.replace("member", "memeber", 1), ("'member' is missing", "did you mean 'memeber'")),
    "other case": (TEXT.replace("city", "City", 1), ("'city' is missing", "did you mean 'City'")),
    "zero-width space": (TEXT.replace("city", "city\u200b", 1), ("'city' is missing", r"did you mean 'city\u200b'")),
    "HTML in a name": (TEXT.replace("city", "<b>city</b>", 1), ("'city' is missing", "'<b>city</b>'")),
    "formula in a name": (TEXT.replace("city", "=city", 1), ("'city' is missing", "'=city'")),
    "brackets in a name": (TEXT.replace("city", "city[1]", 1), ("'city' is missing", "'city[1]'")),
    "no target": (TEXT.replace("bought", "sold", 1), ("'bought' is missing",)),
}


@pytest.mark.parametrize("case", FILES)
def test_a_broken_file_is_refused(case: str, tmp_path: Path) -> None:
    content, words = FILES[case]
    _refused(lambda: ingest_text(tmp_path, content), words, tmp_path)


VALUES = {
    "text in a number": ("age", "n/a", ("data.csv", "row 17", "'age'", "'n/a'", "not a number", "missing")),
    "decimal comma": ("age", "12,5", ("row 17", "'age'", "'12,5'")),
    "underscore": ("age", "1_000", ("row 17", "'age'", "'1_000'")),
    "percent": ("age", "12%", ("row 17", "'age'", "'12%'")),
    "infinity": ("age", "inf", ("row 17", "'age'", "'inf'", "finite")),
    "minus infinity": ("age", "-Infinity", ("row 17", "'age'", "finite")),
    "beyond a float": ("age", "1e400", ("row 17", "'age'", "'1e400'", "finite")),
    "nan as a word": ("age", "nan", ("row 17", "'age'", "'nan'", "finite")),
    "id as a number": ("age", "9007199254740993", ("row 17", "'age'", "digits", "categorical")),
    "hexadecimal": ("age", "0x10", ("row 17", "'age'", "'0x10'")),
    "Arabic digits": ("age", "\u0661\u0662", ("row 17", "'age'")),
    "not a boolean": ("member", "maybe", ("row 17", "'member'", "'maybe'", "true, yes, 1")),
    "a third class": ("bought", "perhaps", ("row 17", "'bought'", "'perhaps'", "'yes'", "'no'")),
    "header as a label": ("bought", "bought", ("row 17", "'bought'", "header")),
    "not a time": ("when", "yesterday", ("row 17", "'when'", "'yesterday'", "ISO 8601")),
    "day and month": ("when", "03/04/2025", ("row 17", "'when'", "'03/04/2025'", "data.time.format")),
    "epoch seconds": ("when", "1735689600", ("row 17", "'when'", "'1735689600'")),
    "30 February": ("when", "2025-02-30T00:00:00Z", ("row 17", "'when'", "'2025-02-30T00:00:00Z'")),
    "the year 9999": ("when", "9999-12-31T00:00:00Z", ("row 17", "'when'", "year 9999")),
    "the year 1899": ("when", "1899-12-31T00:00:00Z", ("row 17", "'when'", "year 1899")),
    "the future": ("when", "2099-01-01T00:00:00Z", ("row 17", "`when`", "2099", "later than the run")),
    "no time": ("when", "", ("row 17", "'when'", "empty")),
    "a time without zone among others": ("when", "2025-01-01T00:00:00", ("row 17", "'when'", "zone")),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_cannot_be_is_refused_by_its_place(case: str, tmp_path: Path) -> None:
    column, value, words = VALUES[case]
    _refused(lambda: ingest_text(tmp_path, changed(17, column, value)), words, tmp_path)


def _labelled(*labels: str) -> str:
    rows = make_rows()
    return make_csv([(*row[:-1], labels[index % len(labels)]) for index, row in enumerate(rows)])


TARGETS = {
    "constant": (_labelled("no"), {}, ("'bought'", "no row has the positive value 'yes'", "'no'")),
    "only positives": (_labelled("yes"), {}, ("'bought'", "every row is 'yes'")),
    "other spelling": (
        _labelled("Yes", "No"),
        {"target": {"column": "bought", "positive": "yes"}},
        ("no row has the positive value 'yes'", "did you mean 'Yes'", "'No'"),
    ),
    "no labels": (_labelled("", "yes", "no"), {}, ("'bought'", "80 of 240 rows", "no label", "5%")),
    "one class of many": (_labelled("no"), {"task": "multiclass"}, ("every row is 'no'",)),
    "an id as class": (
        make_csv([(*row[:-1], str(index)) for index, row in enumerate(make_rows(1200))]),
        {"task": "multiclass"},
        ("'bought'", "1000 different values"),
    ),
    "constant number": (_labelled("7"), {"task": "regression"}, ("'bought'", "every row has the value 7")),
    "text as number": (_labelled("7", "8", "many"), {"task": "regression"}, ("row 3", "'bought'", "'many'")),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_with_nothing_to_learn_is_refused(case: str, tmp_path: Path) -> None:
    text, changes, words = TARGETS[case]
    _refused(lambda: ingest_text(tmp_path, text, **changes), words, tmp_path)


def test_ten_thousand_categories_are_refused(tmp_path: Path) -> None:
    rows = [(row[0], row[1], f"city {index}", *row[3:]) for index, row in enumerate(make_rows(10_000))]
    text = make_csv([("2025-01-01T00:00:00Z", *row[1:]) for row in rows])
    _refused(lambda: ingest_text(tmp_path, text), ("'city'", "2000 different", "max_categories"), tmp_path)


def test_a_zone_on_some_rows_only_is_refused_across_blocks(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.csv").write_text(TEXT)
    (tmp_path / "in" / "2.csv").write_text(TEXT.replace("Z,", ","))
    _refused(lambda: ingest_path(tmp_path, "in"), ("2.csv", "row 1", "'when'", "zone"), tmp_path)


PARQUET = {
    "0 bytes": (b"", ("data.parquet", "empty")),
    "half": (_parquet(make_frame())[:2000], ("data.parquet", "no intact Parquet")),
    "no footer": (_parquet(make_frame())[:-8], ("data.parquet", "no intact Parquet")),
    "a CSV": (TEXT.encode(), ("data.parquet", "no intact Parquet")),
    "duplicate names": (_two_columns_of_a_name(), ("data.parquet", "'city'", "more than once")),
    "missing column": (_parquet(make_frame().drop(columns="city")), ("data.parquet", "'city' is missing")),
    "infinity": (
        _parquet(make_frame().assign(age=[1.0] * 16 + [np.inf] + [2.0] * 223)),
        ("data.parquet", "row 17", "'age'", "'inf'"),
    ),
    "large id as number": (_parquet(make_frame().assign(age=2**53 + 1)), ("row 1", "'age'", "digits")),
    "times as numbers": (_parquet(make_frame().assign(when=1735689600)), ("row 1", "'when'", "'1735689600'")),
    "a time as number": (_parquet(make_frame().assign(age=make_frame()["when"])), ("'age'", "times")),
    "a list as category": (_parquet(make_frame().assign(city=[["a"]] * 240)), ("'city'", "list")),
    "no time": (
        _parquet(make_frame().assign(when=lambda frame: frame["when"].where(frame.index != 16))),
        ("row 17", "'when'", "empty"),
    ),
}


@pytest.mark.parametrize("case", PARQUET)
def test_a_broken_parquet_file_is_refused(case: str, tmp_path: Path) -> None:
    content, words = PARQUET[case]
    _refused(lambda: ingest_text(tmp_path, content, "data.parquet"), words, tmp_path)


def test_a_flipped_bit_is_refused_where_pages_have_checksums(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.Table.from_pandas(make_frame()), path, compression="none", write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[content.index(b"Oslo") + 1] ^= 1
    _refused(lambda: ingest_text(tmp_path, bytes(content), "data.parquet"), ("no intact Parquet",), tmp_path)


def test_a_footer_that_promises_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.parquet_reader.MAX_ROWS", 239)
    content = _parquet(make_frame())
    _refused(lambda: ingest_text(tmp_path, content, "data.parquet"), ("240 rows", "at most 239"), tmp_path)


def test_a_truncated_gzip_file_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(TEXT.encode())[:-200]
    _refused(lambda: ingest_text(tmp_path, content, "data.csv.gz"), ("data.csv.gz", "ends too early"), tmp_path)


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(TEXT.encode()))
    content[-6] ^= 1
    _refused(lambda: ingest_text(tmp_path, bytes(content), "data.csv.gz"), ("no intact gzip",), tmp_path)


def test_a_csv_named_gz_is_refused(tmp_path: Path) -> None:
    _refused(lambda: ingest_text(tmp_path, TEXT, "data.csv.gz"), ("data.csv.gz", "no intact gzip"), tmp_path)


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.csv_reader.RATIO_FREE", 1 << 16)
    row = make_rows(1)[0]
    content = gzip.compress(make_csv([row] * 400_000).encode())
    _refused(lambda: ingest_text(tmp_path, content, "data.csv.gz"), ("250 times", "unpacked"), tmp_path)


FOLDERS = {
    "a column more": ({"1.csv": TEXT, "2.csv": TEXT.replace("city", "city,x", 1)}, ("2.csv", "1.csv lacks", "'x'")),
    "a column less": (
        {"1.csv": make_csv([(*row, "1") for row in make_rows()], (*HEADER, "x")), "2.csv": TEXT},
        ("2.csv", "1.csv has", "'x'"),
    ),
    "another type": (
        {"1.parquet": _parquet(make_frame()), "2.parquet": _parquet(make_frame().assign(age="20"))},
        ("2.parquet", "'age'", "string", "int64"),
    ),
    "two kinds": ({"1.csv": TEXT, "2.parquet": _parquet(make_frame())}, ("two kinds", "2.parquet")),
    "something else": ({"1.csv": TEXT, "notes.txt": "hello"}, ("notes.txt", "not read", ".parquet")),
    "nothing but hidden files": ({"_SUCCESS": "", ".2.csv.tmp": TEXT}, ("empty",)),
    "a folder in it": ({"1.csv": TEXT, "old/1.csv": TEXT}, ("folders", "old")),
    "a broken row in the second file": (
        {"1.csv": TEXT, "2.csv": changed(5, "age", "old")},
        ("2.csv, row 5", "'age'", "'old'"),
    ),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_of_unlike_files_is_refused(case: str, tmp_path: Path) -> None:
    files, words = FOLDERS[case]
    for name, content in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    _refused(lambda: ingest_path(tmp_path, "in"), words, tmp_path)


@pytest.mark.parametrize(
    "path",
    ["http://example.org/data.csv", "file:///data.csv", "s3://bucket/data.csv", "model.pkl", "nothing.csv", "a\0.csv"],
)
def test_what_is_no_table_of_this_machine_is_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    _refused(lambda: ingest_path(tmp_path, path), (), tmp_path)


CONFIGS = {
    "unknown zone": ({"time": {"column": "when", "zone": "Mars/Base"}}, ("data.time.zone", "Mars/Base")),
    "own name": (
        {"features": {"_row": "numeric"}},
        ("'_row'", "rename"),
    ),
    "time where rows have an order": (
        {"time": {"order": "rows"}, "as_of": "2025-01-02T00:00:00Z"},
        ("number of rows",),
    ),
    "rows where there is a clock": ({"as_of": 100}, ("as of 100", "clock")),
    "no rows": ({"time": {"order": "rows"}, "as_of": 0}, ("as of 0 rows",)),
    "short header": ({"source": {"path": "data.csv", "header": ["a", "b"]}}, ("names 2 columns", "5 cells")),
    "odd delimiter": ({"source": {"path": "data.csv", "delimiter": "§"}}, ("data.source.delimiter",)),
    "header that is there after all": (
        {"source": {"path": "data.csv", "header": list(HEADER)}},
        ("row 1", "'when'", "'when'"),
    ),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_that_does_not_fit_is_refused(case: str, tmp_path: Path) -> None:
    changes, words = CONFIGS[case]
    _refused(lambda: ingest_text(tmp_path, TEXT, **changes), words, tmp_path)


def _refused(act: Callable[[], object], words: tuple[str, ...], home: Path) -> None:
    with pytest.raises(DataError) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    assert [word for word in words if word not in message] == [], message
    run = home / "runs" / "sales" / "run-1"
    assert not run.exists() or list(run.iterdir()) == []
