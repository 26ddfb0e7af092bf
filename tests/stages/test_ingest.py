"""What a snapshot holds, whatever the source looked like."""

import gzip
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.tables import (
    BEGIN,
    HEADER,
    ROWS,
    changed,
    ingest_path,
    ingest_text,
    make_csv,
    make_frame,
    make_rows,
    read_snapshot,
)
from ratchet.artifacts.files import verified_path
from ratchet.errors import DataError

TEXT = make_csv()


def test_a_snapshot_is_typed_and_in_order(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, TEXT)
    schema = pq.read_schema(verified_path(table.file, tmp_path))
    assert dict(zip(schema.names, map(str, schema.types), strict=True)) == {
        "_time": "timestamp[us, tz=UTC]",
        "_row": "int64",
        "age": "double",
        "city": "string",
        "member": "bool",
        "bought": "int8",
    }
    assert table.columns == tuple(schema.names)
    assert (table.rows, table.source, table.warnings) == (ROWS, "data.csv", ())
    assert (table.time_from, table.time_to) == (BEGIN, datetime(2025, 1, 10, 23, tzinfo=UTC))
    snapshot = read_snapshot(tmp_path, table)
    assert list(snapshot["_row"]) == list(range(ROWS))
    assert list(snapshot["bought"][:5]) == [1, 0, 0, 0, 1]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one = ingest_text(tmp_path, TEXT)
    assert ingest_text(tmp_path, TEXT) == one


def test_what_wrote_the_rows_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    expected = ingest_text(tmp_path, TEXT)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(make_csv(make_rows()[:100]))
    (tmp_path / "in" / "b.csv.gz").write_bytes(gzip.compress(make_csv(make_rows()[100:]).encode()))
    make_frame().to_parquet(tmp_path / "data.parquet", row_group_size=7, compression="gzip")
    others = [
        ingest_text(tmp_path, gzip.compress(TEXT.encode()), "data.csv.gz"),
        ingest_text(tmp_path, TEXT.replace("\n", "\r\n")),
        ingest_text(tmp_path, TEXT.replace("\n", "\r")),
        ingest_text(tmp_path, make_csv([row[::-1] for row in make_rows()], HEADER[::-1])),
        ingest_text(tmp_path, make_csv(header=None), source={"path": "data.csv", "header": list(HEADER)}),
        ingest_path(tmp_path, "in"),
        ingest_path(tmp_path, "data.parquet"),
    ]
    assert {table.fingerprint for table in others} == {expected.fingerprint}
    assert {table.file.sha256 for table in others} == {expected.file.sha256}


def test_one_changed_value_changes_the_fingerprint(tmp_path: Path) -> None:
    one = ingest_text(tmp_path, TEXT)
    for column, value in (("age", "99"), ("age", ""), ("city", "Lima"), ("member", ""), ("bought", "yes")):
        assert ingest_text(tmp_path, changed(2, column, value)).fingerprint != one.fingerprint


def test_rows_out_of_order_are_sorted_by_time_and_keep_their_number(tmp_path: Path) -> None:
    rows = make_rows()
    random.Random(7).shuffle(rows)
    rows += rows[:10]  # equal times stay in the order of the source
    table = ingest_text(tmp_path, make_csv(rows))
    snapshot = read_snapshot(tmp_path, table)
    assert list(zip(snapshot["_time"], snapshot["_row"], strict=True)) == sorted(
        (pd.Timestamp(row[0]), index) for index, row in enumerate(rows)
    )
    ages = dict(enumerate(float(row[1]) for row in rows))
    assert list(snapshot["age"]) == [ages[row] for row in snapshot["_row"]]
    assert ingest_text(tmp_path, make_csv(rows)) == table
    assert [path.name for path in (tmp_path / "runs" / "sales" / "run-1").iterdir()] == ["snapshot.parquet"]


def test_only_rows_whose_label_was_known_are_taken(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, TEXT, as_of="2025-01-10T09:00:00Z", label_delay="3h")
    assert table.rows == 9 * 24 + 7
    assert table.time_to == datetime(2025, 1, 10, 6, tzinfo=UTC)


def test_what_comes_after_the_as_of_is_not_even_looked_at(tmp_path: Path) -> None:
    as_of = "2025-01-10T09:00:00Z"
    before = ingest_text(tmp_path, TEXT, as_of=as_of)
    rows = [*make_rows(), ("2025-01-11T00:00:00Z", "not a number", "", "perhaps", "soon")]
    assert ingest_text(tmp_path, make_csv(rows), as_of=as_of).fingerprint == before.fingerprint


def test_an_as_of_in_rows_cuts_an_order_without_a_clock(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, TEXT, time={"order": "rows"}, as_of=210)
    assert (table.rows, table.time_from, table.columns[0]) == (210, None, "_row")
    table = ingest_text(tmp_path, TEXT, time={"order": "rows"}, as_of=999)
    assert table.rows == ROWS
    assert "as of 999 rows was asked for, and the source has 240" in table.warnings


def test_row_order_with_a_start_gives_times(tmp_path: Path) -> None:
    time = {"order": "rows", "start": "2025-01-01T00:00:00Z", "every": "1h"}
    table = ingest_text(tmp_path, TEXT, time=time)
    assert list(read_snapshot(tmp_path, table)["_time"]) == [pd.Timestamp(row[0]) for row in make_rows()]


def test_hidden_files_of_a_folder_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.csv", ".b.csv.tmp", "_SUCCESS"):
        (tmp_path / "in" / name).write_text(TEXT if name == "a.csv" else "rubbish")
    assert ingest_path(tmp_path, "in").rows == ROWS


def test_data_outside_of_the_project_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "data.csv").write_text(TEXT)
    assert ingest_path(tmp_path / "project", "../data.csv").rows == ROWS
    assert ingest_path(tmp_path / "project", str(tmp_path / "data.csv")).rows == ROWS


def test_blanks_around_values_and_names_are_left_out(tmp_path: Path) -> None:
    padded = "\n".join(", ".join(line.split(",")) for line in TEXT.splitlines())
    table = ingest_text(tmp_path, padded)
    assert table.fingerprint == ingest_text(tmp_path, TEXT).fingerprint
    assert table.warnings == ("blanks around column names were left out: age, city, member, bought",)


def test_only_the_texts_of_the_yaml_stand_for_no_value(tmp_path: Path) -> None:
    rows = make_rows()
    for index, city in enumerate(("NA", "null", "None", "?", "", "007", "  ", "N/A")):
        rows[index] = (*rows[index][:2], city, *rows[index][3:])
    table = ingest_text(tmp_path, make_csv(rows), source={"path": "data.csv", "missing": ["?"]})
    assert list(read_snapshot(tmp_path, table)["city"][:8]) == ["NA", "null", "None", None, "", "007", "", "N/A"]
    table = ingest_text(tmp_path, make_csv(rows))
    assert list(read_snapshot(tmp_path, table)["city"][:8]) == ["NA", "null", "None", "?", None, "007", None, "N/A"]


def test_columns_that_the_yaml_does_not_mention_are_named(tmp_path: Path) -> None:
    rows = [(*row, "1", "2", "") for row in make_rows()]
    header = (*HEADER, "known", "<b>new</b>", "")
    table = ingest_text(tmp_path, make_csv(rows, header), ignore=["known"])
    assert table.warnings == ("columns that the YAML does not mention are not used: '<b>new</b>', ''",)


def test_a_byte_order_mark_is_left_out_with_a_remark(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, TEXT.encode("utf-8-sig"))
    assert table.warnings == ("data.csv: a byte order mark was left out",)
    assert table.fingerprint == ingest_text(tmp_path, TEXT).fingerprint


def test_a_few_rows_without_label_are_left_out_with_their_number(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, changed(17, "bought", ""))
    assert table.rows == ROWS - 1
    assert table.warnings == ("1 of 240 rows have no 'bought' and were left out",)
    assert 16 not in set(read_snapshot(tmp_path, table)["_row"])


def test_quoted_line_ends_and_delimiters_belong_to_the_value(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, changed(17, "city", 'Os\n"lo", Bern'))
    assert read_snapshot(tmp_path, table)["city"][16] == 'Os\n"lo", Bern'


def test_keys_are_kept_as_text_beside_the_features(tmp_path: Path) -> None:
    rows = [(*row, f"{index:03}", "f" if index % 2 else "m") for index, row in enumerate(make_rows())]
    text = make_csv(rows, (*HEADER, "customer", "sex"))
    table = ingest_text(tmp_path, text, entity="customer", sensitive=["sex", "city"])
    assert table.columns == ("_time", "_row", "age", "city", "member", "bought", "sex", "customer")
    assert list(read_snapshot(tmp_path, table)["customer"][:2]) == ["000", "001"]


@pytest.mark.parametrize(
    ("task", "labels", "stored"),
    [
        ("regression", ("1.5", "2"), [1.5, 2.0]),
        ("multiclass", ("red", "blue"), ["red", "blue"]),
        ("binary", ("yes", "maybe"), [1, 0]),
    ],
)
def test_labels_are_stored_as_the_task_needs_them(
    task: str, labels: tuple[str, str], stored: list[object], tmp_path: Path
) -> None:
    rows = [(*row[:-1], labels[index % 2]) for index, row in enumerate(make_rows())]
    target = {"column": "bought", "positive": "yes"}
    table = ingest_text(tmp_path, make_csv(rows), task=task, target=target)
    assert list(read_snapshot(tmp_path, table)["bought"][:2]) == stored


@pytest.mark.parametrize(
    ("labels", "positive"),
    [([True, False], "true"), ([True, False], "True"), ([1, 0], "1"), ([1.0, 0.0], "1"), (["1", "0"], "1")],
)
def test_labels_of_any_type_meet_the_positive_value(labels: list[object], positive: str, tmp_path: Path) -> None:
    make_frame().assign(bought=labels * (ROWS // 2)).to_parquet(tmp_path / "data.parquet")
    table = ingest_path(tmp_path, "data.parquet", target={"column": "bought", "positive": positive})
    assert list(read_snapshot(tmp_path, table)["bought"][:2]) == [1, 0]


def test_parquet_dictionaries_codes_with_gaps_and_nan_are_read(tmp_path: Path) -> None:
    frame = make_frame()
    frame["city"] = frame["city"].astype("category")
    frame["zone"] = [1.0, None] * (ROWS // 2)
    frame["age"] = frame["age"].astype("float32").where(frame.index != 3)
    columns = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(columns, tmp_path / "data.parquet")
    features = {"age": "numeric", "city": "categorical", "zone": "categorical", "member": "numeric"}
    snapshot = read_snapshot(tmp_path, ingest_path(tmp_path, "data.parquet", features=features))
    assert list(snapshot["zone"][:2]) == ["1", None]
    assert list(snapshot["city"][:3]) == ["Oslo", "Bern", "Rome"]
    assert list(snapshot["member"][:2]) == [0.0, 1.0]
    assert snapshot["age"].isna().sum() == 1


def test_rows_of_a_query_are_read_whatever_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT * FROM sales ORDER BY age"
    tables = []
    for seed, url in enumerate(("one.db", "two.db")):
        _make_database(tmp_path / url, seed)
        monkeypatch.setenv("SALES_URL", f"sqlite:///{tmp_path / url}")
        tables.append(ingest_path(tmp_path, "", source={"url_env": "SALES_URL", "query": query}))
    assert tables[0] == tables[1]
    assert (tables[0].rows, tables[0].source) == (ROWS, "sqlite database of $SALES_URL")
    assert list(read_snapshot(tmp_path, tables[0])["age"]) == [float(row[1]) for row in make_rows()]


def _make_database(path: Path, seed: int) -> None:
    rows = make_rows()
    random.Random(seed).shuffle(rows)
    database = sqlite3.connect(path)
    database.execute('CREATE TABLE sales ("when" TEXT, age INTEGER, city TEXT, member INTEGER, bought TEXT)')
    database.executemany(
        "INSERT INTO sales VALUES (?, ?, ?, ?, ?)",
        [(row[0], int(row[1]), row[2], int(row[3] == "true"), row[4]) for row in rows],
    )
    database.commit()
    database.close()


def test_a_refused_source_leaves_the_snapshot_of_an_earlier_try(tmp_path: Path) -> None:
    table = ingest_text(tmp_path, TEXT)
    with pytest.raises(DataError):
        ingest_text(tmp_path, changed(17, "age", "old"))
    assert verified_path(table.file, tmp_path).is_file()


def test_a_failed_label_quota_counts_known_rows_only(tmp_path: Path) -> None:
    rows = make_rows()
    open_rows = [(*row[:-1], "") for row in rows[216:]]
    text = make_csv([*rows[:216], *open_rows])
    with pytest.raises(DataError, match="24 of 240 rows have no label"):
        ingest_text(tmp_path, text)
    assert ingest_text(tmp_path, text, as_of="2025-01-11T00:00:00Z", label_delay="25h").rows == 216


def test_a_long_and_a_wide_table_are_cut_into_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.snapshot.MAX_CELLS", 6 * 50)
    monkeypatch.setattr("ratchet.data.csv_reader.BLOCK_BYTES", 1000)
    table = ingest_text(tmp_path, TEXT)
    assert pq.ParquetFile(tmp_path / table.file.path).num_row_groups == 5
    assert list(read_snapshot(tmp_path, table)["_row"]) == list(range(ROWS))


REAL = {
    "electricity": (
        "electricity/elec.csv.gz",
        "binary",
        {
            "time": {"order": "rows", "start": "1996-05-07T00:00:00Z", "every": "30min"},
            "target": {"column": "class", "positive": "1", "negative": "0"},
            "features": {"nswprice": "numeric", "transfer": "numeric"},
        },
        45_312,
    ),
    "bike sharing": (
        "bike_sharing/hour.csv",
        "regression",
        {
            "time": {"column": "dteday"},
            "target": {"column": "cnt"},
            "features": {"temp": "numeric", "weekday": "categorical", "holiday": "boolean"},
        },
        17_379,
    ),
    "bank marketing": (
        "bank_marketing/bank-additional-full.csv.gz",
        "binary",
        {
            "source": {"delimiter": ";"},
            "time": {"order": "rows"},
            "target": {"column": "y", "positive": "yes", "negative": "no"},
            "features": {"age": "numeric", "job": "categorical", "nr.employed": "numeric"},
        },
        41_188,
    ),
    "flight delays": (
        "flight_delays_2018/flight_delays_2018.csv.gz",
        "regression",
        {
            "time": {"order": "rows"},
            "target": {"column": "arr_del15"},
            "features": {"month": "numeric", "carrier": "categorical", "airport": "categorical"},
        },
        20_211,
    ),
    "diabetes": (
        "diabetes130/diabetic_data.csv.gz",
        "binary",
        {
            "source": {"missing": ["?"]},
            "time": {"order": "rows"},
            "target": {"column": "readmitted", "positive": "<30"},
            "features": {"age": "categorical", "weight": "categorical", "num_medications": "numeric"},
            "group": "patient_nbr",
        },
        101_766,
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_public_data_sets_are_read_whole(name: str, shared_data: Path, tmp_path: Path) -> None:
    path, task, data, rows = REAL[name]
    source = {"path": str(shared_data / path)} | dict(data.get("source", {}))  # type: ignore[call-overload]
    table = ingest_path(tmp_path, "", task=task, **(data | {"source": source}))
    assert table.rows == rows
    assert len(read_snapshot(tmp_path, table)) == rows


def test_a_file_without_header_is_read_by_the_names_of_the_yaml(shared_data: Path, tmp_path: Path) -> None:
    header = ["age", "workclass", "weight", "education", "years", "marital", "job", "relation", "race", "sex"]
    header += ["gain", "loss", "hours", "country", "income"]
    table = ingest_path(
        tmp_path,
        "",
        source={"path": str(shared_data / "adult" / "adult-train.csv.gz"), "header": header, "missing": ["?"]},
        time={"order": "rows"},
        target={"column": "income", "positive": ">50K", "negative": "<=50K"},
        features={"age": "numeric", "workclass": "categorical"},
        sensitive=["sex", "race"],
    )
    snapshot = read_snapshot(tmp_path, table)
    assert len(snapshot) == 32_561
    assert set(snapshot["sex"]) == {"Male", "Female"}
    assert snapshot["workclass"].isna().sum() == 1836
