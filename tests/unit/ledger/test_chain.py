"""A ledger that somebody changed shows where, on both databases, whatever guards were taken away."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from builders.ledgers import make_note, tamper
from ratchet.ledger.chain import NOTHING, hash_line, inspect_chain, seal, write_time
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import append_all, verify_ledger
from ratchet.records.ledger import Breach

ENTRIES = 5
COLUMNS = "number, kind, model, at, actor, reason, payload, key, previous, hash"


def make_chain(count: int = ENTRIES) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for number in range(1, count + 1):
        previous = str(lines[-1]["hash"]) if lines else NOTHING
        lines.append(seal(make_note(number), number=number, previous=previous))
    return lines


def sealed_again(line, **changes):
    line = {**line, **changes}
    return {**line, "hash": hash_line(line)}


def renumbered(lines):
    return [{**line, "number": number} for number, line in enumerate(lines, start=1)]


@pytest.fixture
def written(either):
    append_all(either, [make_note(number) for number in range(1, ENTRIES + 1)])
    return either


def test_a_whole_chain_has_no_breach_and_tells_its_last_hash():
    lines = make_chain()
    found = inspect_chain(lines)
    assert (found.entries, found.last, found.breach) == (ENTRIES, lines[-1]["hash"], None)


def test_an_empty_chain_is_whole():
    found = inspect_chain([])
    assert (found.entries, found.last, found.breach) == (0, NOTHING, None)


CHAIN = make_chain()
CHANGED = "entry 3 was changed after it was written"


@pytest.mark.parametrize(
    ("lines", "number", "problem"),
    [
        ([*CHAIN[:2], {**CHAIN[2], "reason": "x"}, *CHAIN[3:]], 3, CHANGED),
        ([*CHAIN[:2], {**CHAIN[2], "hash": "0" * 64}, *CHAIN[3:]], 3, CHANGED),
        ([*CHAIN[:2], {**CHAIN[2], "previous": "0" * 64}, *CHAIN[3:]], 3, CHANGED),
        ([*CHAIN[:2], {**CHAIN[2], "payload": b"\x00"}, *CHAIN[3:]], 3, CHANGED),
        ([*CHAIN[:2], sealed_again(CHAIN[2], reason="x"), *CHAIN[3:]], 4, "entry 4 is not chained to entry 3"),
        ([*CHAIN[:2], *CHAIN[3:]], 3, "entry 3 is not there: the next one has the number 4"),
        (CHAIN[1:], 1, "entry 1 is not there: the next one has the number 2"),
        (renumbered([*CHAIN[:2], *CHAIN[3:]]), 3, CHANGED),
        (renumbered([*CHAIN[:2], CHAIN[3], CHAIN[2], CHAIN[4]]), 3, CHANGED),
        ([*CHAIN[:3], {**CHAIN[2]}, *CHAIN[3:]], 4, "entry 4 is not there: the next one has the number 3"),
        (renumbered([*CHAIN[:3], CHAIN[2], *CHAIN[3:]]), 4, "entry 4 was changed after it was written"),
        ([{**CHAIN[0], "number": 0}, *CHAIN], 1, "entry 1 is not there: the next one has the number 0"),
        ([*CHAIN, sealed_again(CHAIN[0], number=6)], 6, "entry 6 is not chained to entry 5"),
    ],
)
def test_a_chain_that_was_changed_shows_where(lines, number, problem):
    found = inspect_chain(lines)
    assert found.breach is not None
    assert (found.entries, found.breach.number) == (number - 1, number)
    assert found.breach.problem.startswith(problem)


def test_a_cut_off_end_shows_by_a_hash_that_was_kept():
    kept = str(CHAIN[-1]["hash"])
    assert inspect_chain(CHAIN[:3]).breach is None
    assert inspect_chain(CHAIN, expected=kept).breach is None
    found = inspect_chain(CHAIN[:3], expected=kept).breach
    assert found is not None
    assert (found.number, "the end was cut off" in found.problem) == (4, True)


def test_a_hash_that_was_kept_earlier_still_holds_when_more_is_written():
    assert inspect_chain(CHAIN, expected=str(CHAIN[1]["hash"])).breach is None
    assert inspect_chain(CHAIN, expected=NOTHING).breach is None


def test_a_chain_that_was_written_anew_shows_by_a_hash_that_was_kept():
    anew = CHAIN[:2]
    for number in (3, 4, 5):
        anew = [*anew, seal(make_note(number, reason="x"), number=number, previous=str(anew[-1]["hash"]))]
    assert inspect_chain(anew).breach is None
    assert inspect_chain(anew, expected=str(CHAIN[-1]["hash"])).breach is not None


def test_two_lines_never_write_the_same():
    first = seal(make_note(actor="a", reason="bc"), number=1, previous=NOTHING)
    second = seal(make_note(actor="ab", reason="c"), number=1, previous=NOTHING)
    assert first["hash"] != second["hash"]
    assert hash_line({**first, "key": None}) != hash_line({**first, "key": "None"})
    assert hash_line({**first, "number": 1}) != hash_line({**first, "number": "1"})


def test_the_order_of_written_times_is_the_order_of_moments():
    start = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    moments = [start, start + timedelta(microseconds=1), start + timedelta(seconds=1)]
    assert sorted(map(write_time, moments)) == [write_time(moment) for moment in moments]
    assert write_time(start.astimezone(timezone(timedelta(hours=2)))) == write_time(start)


@pytest.mark.parametrize(
    ("statements", "number"),
    [
        (["UPDATE ledger SET reason = 'x' WHERE number = 2"], 2),
        (["UPDATE ledger SET payload = '{}' WHERE number = 2"], 2),
        (["UPDATE ledger SET actor = 'x' WHERE number = 2"], 2),
        (["UPDATE ledger SET at = '2026-01-01T00:00:00.000000+00:00' WHERE number = 2"], 2),
        (["UPDATE ledger SET model = 'x' WHERE number = 2"], 2),
        (["UPDATE ledger SET kind = 'prophecy' WHERE number = 2"], 2),
        (["UPDATE ledger SET at = 'once' WHERE number = 2"], 2),
        (["UPDATE ledger SET key = NULL WHERE number = 2"], 2),
        (["DELETE FROM ledger WHERE number = 3"], 3),
        (["DELETE FROM ledger WHERE number = 3", "UPDATE ledger SET number = number - 1 WHERE number > 3"], 3),
        (
            [
                "UPDATE ledger SET number = 99 WHERE number = 3",
                "UPDATE ledger SET number = 3 WHERE number = 4",
                "UPDATE ledger SET number = 4 WHERE number = 99",
            ],
            3,
        ),
        (
            [
                f"INSERT INTO ledger ({COLUMNS}) SELECT 6, kind, model, at, actor, reason, payload, 'x', 'x', 'x' "
                "FROM ledger WHERE number = 5"
            ],
            6,
        ),
    ],
)
def test_a_table_that_was_changed_shows_where(statements, number, written):
    tamper(written, statements)
    breach = verify_ledger(written).breach
    assert breach is not None
    assert breach.number == number


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET reason = 'x' WHERE number = 2",
        "DELETE FROM ledger WHERE number = 5",
        "DELETE FROM ledger",
        # Out of turn: a gap, a place that is taken, another end than the chain's, a key that is taken.
        f"INSERT INTO ledger ({COLUMNS}) SELECT 7, kind, model, at, actor, reason, payload, 'x', hash, 'x' "
        "FROM ledger WHERE number = 5",
        f"INSERT INTO ledger ({COLUMNS}) SELECT 5, kind, model, at, actor, reason, payload, 'x', hash, 'x' "
        "FROM ledger WHERE number = 5",
        f"INSERT INTO ledger ({COLUMNS}) SELECT 6, kind, model, at, actor, reason, payload, 'x', 'x', 'x' "
        "FROM ledger WHERE number = 5",
        f"INSERT INTO ledger ({COLUMNS}) SELECT 6, kind, model, at, actor, reason, payload, key, hash, 'x' "
        "FROM ledger WHERE number = 5",
    ],
)
def test_the_database_itself_refuses_anything_but_the_next_entry(statement, written):
    with written.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=r"append-only|follows the last one"):
        connection.execute(sa.text(statement))
    assert verify_ledger(written).entries == ENTRIES


def test_postgresql_refuses_to_empty_the_table(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", postgres_url)
    ledger = open_ledger(tmp_path)
    with ledger.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text("TRUNCATE ledger"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a ledger on SQLite."""
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    append_all(open_ledger(tmp_path), [make_note(number) for number in range(1, ENTRIES + 1)])
    return tmp_path / "ledger.db"


@pytest.mark.parametrize(
    "columns",
    [
        "5, kind, model, at, actor, 'x', payload, 'x', previous, 'x'",
        "6, kind, model, at, actor, 'x', payload, 'key-2', hash, 'x'",
        "6, kind, model, at, actor, 'x', payload, 'x', hash, hash",
    ],
)
def test_sqlite_replaces_no_entry_in_passing(columns, file):
    """INSERT OR REPLACE takes the other row away without asking the triggers for DELETE."""
    statement = f"INSERT OR REPLACE INTO ledger ({COLUMNS}) SELECT {columns} FROM ledger WHERE number = 5"
    with sqlite3.connect(file) as connection, pytest.raises(sqlite3.IntegrityError, match="follows the last one"):
        connection.execute(statement)
    found = verify_ledger(open_ledger(file.parent))
    assert (found.entries, found.breach) == (ENTRIES, None)


def test_bytes_that_were_changed_in_the_file_show_where(file):
    content = file.read_bytes()
    assert content.count(b"reason-3") == 1
    file.write_bytes(content.replace(b"reason-3", b"reason-8"))
    assert verify_ledger(open_ledger(file.parent)).breach == Breach(number=3, problem=CHANGED)


def test_an_older_copy_put_in_the_place_of_the_file_shows_by_a_hash_that_was_kept(file):
    older = file.read_bytes()
    append_all(open_ledger(file.parent), [make_note(9)])
    kept = verify_ledger(open_ledger(file.parent)).last
    file.write_bytes(older)
    assert verify_ledger(open_ledger(file.parent)).breach is None
    assert verify_ledger(open_ledger(file.parent), expected=kept).breach is not None
