"""Notes are written once, in one chain, by whoever writes at the same time, and survive their writers."""

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from builders.ledgers import START, Writer, make_note, tamper
from builders.records import make_verdict
from ratchet.errors import LedgerError
from ratchet.ledger.chain import NOTHING
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import (
    append,
    append_all,
    append_to,
    find_key,
    read_entries,
    read_facts,
    read_latest,
    verify_ledger,
    write_payload,
)
from ratchet.records.judgement import Verdict
from ratchet.records.ledger import Kind


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
