import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.runs import make_config
from ratchet.config.data import Data
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.sql_reader import open_query
from ratchet.errors import DataError


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    monkeypatch.setenv("SALES_URL", f"sqlite:///{tmp_path}/sales.db")
    connection = sqlite3.connect(tmp_path / "sales.db")
    connection.execute("CREATE TABLE sales (day TEXT, age, city TEXT, member, bought TEXT)")
    rows = [(f"2025-01-{day:02}", day, "a:b", day % 2, "yes") for day in range(1, 11)]
    connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", rows)
    connection.commit()
    yield connection
    connection.close()


def _data(query: str, **changes: object) -> Data:
    source = {"url_env": "SALES_URL", "query": query}
    return make_config(data={"source": source, "time": {"column": "day"}} | changes).data


def _rows(query: str, **changes: object) -> list[dict[str, object]]:
    data = _data(query, **changes)
    chunks = list(open_query(data.source, plan_snapshot(data)).chunks)  # type: ignore[arg-type]
    return [row for chunk in chunks for row in chunk.rows.to_pylist()]


@pytest.mark.usefixtures("database")
def test_rows_of_a_query_are_streamed_and_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.sql_reader.BATCH_ROWS", 4)
    rows = _rows("SELECT * FROM sales;")
    assert [row["_row"] for row in rows] == list(range(10))
    assert rows[2] == {"day": "2025-01-03", "age": 3, "city": "a:b", "member": 1, "bought": "yes", "_row": 2}


@pytest.mark.usefixtures("database")
def test_words_in_texts_names_and_comments_are_no_statements() -> None:
    query = """-- drop; nothing
        SELECT *, 'it''s; delete' AS "update" /* create */ FROM sales"""
    assert len(_rows(query)) == 10


@pytest.mark.usefixtures("database")
def test_a_colon_in_a_query_is_no_parameter() -> None:
    assert len(_rows("SELECT * FROM sales WHERE city = 'a:b' AND ':x' <> ''")) == 10


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM sales",
        "SELECT 1; DROP TABLE sales",
        "  ",
        "SELECT * INTO other FROM sales",
        "PRAGMA user_version",
        "selection",
    ],
)
def test_anything_but_one_select_is_refused(query: str) -> None:
    with pytest.raises(DataError, match="must be one SELECT"):
        _rows(query)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_URL", f"sqlite:///{tmp_path}/slaes.db")
    with pytest.raises(DataError, match="SALES_URL names a sqlite file that is not there"):
        _rows("SELECT * FROM sales")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_needs_no_file(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_URL", url)
    with pytest.raises(DataError, match="no such table"):
        _rows("SELECT * FROM sales")


def test_a_with_that_deletes_leaves_every_row(database: sqlite3.Connection) -> None:
    with pytest.raises(DataError, match="that only reads"):
        _rows("WITH gone AS (SELECT 1) DELETE FROM sales")
    assert database.execute("SELECT count(*) FROM sales").fetchone() == (10,)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * FROM nowhere", "the sqlite database refused: no such table"),
        ("SELECT day, age, member, bought FROM sales", "the query: column 'city' is missing"),
    ],
)
def test_what_the_database_cannot_give_is_refused(query: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        _rows(query)


def test_values_of_two_types_in_one_column_are_refused(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO sales VALUES ('2025-01-11', 'old', 'x', 1, 'no')")
    database.commit()
    with pytest.raises(DataError, match="column 'age' holds values of int, str; CAST"):
        _rows("SELECT * FROM sales")


@pytest.mark.usefixtures("database")
def test_row_order_needs_an_order_by() -> None:
    with pytest.raises(DataError, match="no ORDER BY"):
        _rows("SELECT * FROM sales", time={"order": "rows"})
    assert len(_rows("SELECT * FROM sales ORDER BY day", time={"order": "rows"})) == 10


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALES_URL", raising=False)
    with pytest.raises(DataError, match="SALES_URL"):
        _rows("SELECT 1")


@pytest.mark.parametrize("url", ["no url", "nosuch://user:secret@host/db", "sqlite:////nowhere/secret/x.db"])
def test_no_message_holds_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_URL", url)
    with pytest.raises(DataError) as caught:
        _rows("SELECT 1")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
