"""Notes are written once, in one chain, by whoever writes at the same time, and survive their writers."""

import json
import os
import random
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from builders.ledgers import START, Writer, make_note, tamper
from builders.records import make_verdict
from ratchet.errors import LedgerError
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import (
    NOTHING,
    append,
    append_all,
    append_to,
    find_key,
    hash_line,
    inspect_chain,
    read_entries,
    read_facts,
    read_latest,
    seal,
    verify_ledger,
    write_payload,
    write_time,
)
from ratchet.records.judgement import Verdict
from ratchet.records.ledger import Breach, Kind


def keys(ledger, **which):
    with ledger.connect() as connection:
        return [entry.note.key for entry in read_entries(connection, **which)]


def test_a_note_comes_back_as_it_was_written_and_chained(either):
    first, second = append(either, make_note(1)), append(either, make_note(2))
    assert (first.number, first.previous) == (1, NOTHING)
    assert (second.number, second.previous) == (2, first.hash)
    with either.connect() as connection:
        assert list(read_entries(connection)) == [first, second]
        assert find_key(connection, "key-2") == second
        assert find_key(connection, "key-3") is None
    assert second.note == make_note(2)


def test_of_two_notes_with_a_key_the_first_stays_whatever_the_second_says(either):
    first = append(either, make_note(1))
    assert append(either, make_note(1, reason="another", kind=Kind.TRIGGER)) == first
    assert keys(either) == ["key-1"]


def test_notes_without_a_key_are_each_new(either):
    assert [append(either, make_note(key=None)).number for _ in range(3)] == [1, 2, 3]


def test_times_are_kept_in_utc(either):
    local = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    entry = append(either, make_note(at=local))
    assert entry.note.at == local
    with either.connect() as connection:
        assert connection.execute(sa.text("SELECT at FROM ledger")).scalar() == "2026-03-29T01:30:00.000000+00:00"


def test_a_time_without_a_zone_is_a_bug(either):
    with pytest.raises(ValueError, match="has no time zone"):
        append(either, make_note(at=datetime(2026, 1, 1)))  # noqa: DTZ001
    assert keys(either) == []


def test_what_no_database_holds_is_replaced_before_it_is_hashed(either):
    entry = append(either, make_note(reason="zero \x00 and half \ud800", actor="é 漢 🙂"))
    assert entry.note.reason == "zero � and half �"
    with either.connect() as connection:
        assert list(read_entries(connection)) == [entry]
    assert verify_ledger(either).breach is None


def test_a_key_that_no_database_holds_is_found_as_it_is_written(either):
    first = append(either, make_note(key="zero \x00"))
    with either.connect() as connection:
        assert find_key(connection, "zero \x00") == first
    assert append(either, make_note(key="zero \x00")) == first


def test_a_key_that_is_too_long_is_refused(either):
    with pytest.raises(LedgerError, match="200 characters, this one has 201"):
        append(either, make_note(key="x" * 201))
    assert append(either, make_note(key="x" * 200)).number == 1


def test_several_notes_stand_or_fall_together(either):
    def write_half():
        with writing(either) as connection:
            append_to(connection, make_note(1))
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert keys(either) == []
    append_all(either, [make_note(1), make_note(2), make_note(1)])
    assert keys(either) == ["key-1", "key-2"]


def test_entries_are_chosen_by_model_kind_place_and_time(either):
    append_all(
        either,
        [
            make_note(1),
            make_note(2, model="rents"),
            make_note(3, kind=Kind.VERDICT),
            make_note(4, kind=Kind.RUN, model="rents"),
        ],
    )
    assert keys(either, model="rents") == ["key-2", "key-4"]
    assert keys(either, kinds=[Kind.VERDICT, Kind.RUN]) == ["key-3", "key-4"]
    assert keys(either, after=2) == ["key-3", "key-4"]
    with either.connect() as connection:
        assert [entry.number for entry in read_latest(connection, 2)] == [3, 4]
        since = START + timedelta(minutes=3)
        assert [entry.number for entry in read_latest(connection, 9, since=since)] == [3, 4]
        assert [entry.number for entry in read_latest(connection, 9, model="sales", since=since)] == [3]


def test_pages_meet_without_a_gap(either, monkeypatch):
    monkeypatch.setattr("ratchet.ledger.journal.AT_ONCE", 3)
    append_all(either, [make_note(number) for number in range(1, 8)])
    assert keys(either) == [f"key-{number}" for number in range(1, 8)]
    assert verify_ledger(either).entries == 7


def test_a_reader_who_stops_half_way_holds_nobody_up(either, monkeypatch):
    monkeypatch.setattr("ratchet.ledger.journal.AT_ONCE", 2)
    append_all(either, [make_note(number) for number in range(1, 6)])
    with either.connect() as connection:
        reading = read_entries(connection)
        next(reading)
        assert append(either, make_note(6)).number == 6
        assert len(list(reading)) == 5


def test_an_entry_of_an_unknown_kind_is_named(either):
    append(either, make_note(1))
    tamper(either, ["UPDATE ledger SET kind = 'prophecy'"])
    with (
        either.connect() as connection,
        pytest.raises(LedgerError, match=r"entry 1 of the ledger can't be read \(kind"),
    ):
        list(read_entries(connection))


def test_bytes_that_are_no_text_are_found_and_stop_no_reader(tmp_path):
    ledger = open_ledger(tmp_path)
    append(ledger, make_note(1))
    tamper(ledger, ["UPDATE ledger SET reason = CAST(X'FF41' AS TEXT)"])
    assert verify_ledger(ledger).breach.problem == "entry 1 was changed after it was written"
    with ledger.connect() as connection:
        assert find_key(connection, "key-1").note.reason == "\N{REPLACEMENT CHARACTER}A"


def test_threads_keep_one_chain(either):
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda number: append(either, make_note(number % 40)), range(80)))
    found = verify_ledger(either)
    assert (found.entries, found.breach) == (40, None)


@pytest.mark.slow
def test_a_thousand_from_four_processes_at_once_are_all_there_once(place):
    """Two processes deliver each key."""
    writers = [Writer(place, name, 250) for name in ("one", "two", "one", "two")]
    for writer in writers:
        writer.go()
    told = [writer.safe_keys() for writer in writers]
    assert [len(each) for each in told] == [250] * 4
    ledger = open_ledger(place)
    found = verify_ledger(ledger)
    assert (found.entries, found.breach) == (500, None)
    assert sorted(keys(ledger)) == sorted({key for each in told for key in each})


@pytest.mark.slow
def test_writers_that_are_killed_leave_a_whole_chain_with_all_that_was_told_to_be_safe(place):
    chance = random.Random(1)
    writers = [Writer(place, name) for name in ("one", "two", "three")]
    for writer in writers:
        writer.go()
    time.sleep(0.5)  # the ledger's making, in which a kill may fall as well
    for writer in writers:
        time.sleep(chance.uniform(0.0, 0.3))
        os.kill(writer.process.pid, signal.SIGKILL)
    safe = [key for writer in writers for key in writer.safe_keys()]
    ledger = open_ledger(place)
    found = verify_ledger(ledger)
    assert found.breach is None
    assert set(safe) <= set(keys(ledger))
    assert found.entries - len(safe) <= len(writers)  # written, and killed before saying so
    assert append(ledger, make_note(1)).number == found.entries + 1


@pytest.mark.slow
def test_a_server_that_stops_and_comes_back_keeps_what_was_told_to_be_safe(postgres_session, tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", postgres_session.make_database())
    ledger = open_ledger(tmp_path)
    append(ledger, make_note(1))
    postgres_session.stop()
    try:
        with pytest.raises(sa.exc.OperationalError):
            append(ledger, make_note(2))
    finally:
        postgres_session.start()
    assert append(ledger, make_note(2)).number == 2
    assert verify_ledger(ledger).entries == 2


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What an entry may hold."""

    verdict: Verdict


FACTS = TypeAdapter(Decided)


def test_a_record_comes_back_as_it_was():
    verdict = make_verdict()
    assert read_facts(write_payload(verdict=verdict, run_id="run-1"), FACTS, "a verdict").verdict == verdict


def test_the_same_facts_give_the_same_text():
    assert write_payload(a=1, b={"y": 1, "x": 2}) == write_payload(b={"x": 2, "y": 1}, a=1)


@pytest.mark.parametrize(
    ("fact", "written"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        ((1, 2), [1, 2]),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00Z"),
        ("é \x00", "é \x00"),
        (None, None),
    ],
)
def test_facts_are_plain_json(fact, written):
    text = write_payload(fact=fact)
    assert json.loads(text) == {"fact": written}
    assert text.isascii()


@pytest.mark.parametrize("payload", ["{}", "[]", "x", '{"verdict": {"decision": "promote"}}', '{"verdict": 1}'])
def test_what_is_no_such_record_is_named(payload):
    with pytest.raises(LedgerError, match="the ledger holds a verdict that can't be read"):
        read_facts(payload, FACTS, "a verdict")


def test_half_a_character_that_a_sender_escaped_stops_nobody():
    assert read_facts('{"text": "\\ud800"}', TypeAdapter(dict[str, object]), "a text") == {"text": "\ud800"}


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
