"""Requests in the ledger: each one once, whoever delivers it how often."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ratchet.errors import LedgerError
from ratchet.ledger import triggers
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import find_names
from ratchet.ledger.triggers import MOST_AT_ONCE, TriggerWriter, name_entry, read_pending, read_triggers, write_trigger
from ratchet.records.admission import Trigger, TriggerKind
from ratchet.records.ledger import Kind

ALERT = Trigger(
    key="alert-1",
    kind=TriggerKind.DRIFT,
    model="churn",
    at=datetime(2026, 3, 1, 8, tzinfo=UTC),
    actor="churn.monitor",
    reason="monthly_fee moved",
)


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(tmp_path)


def pending(ledger, model="churn"):
    with ledger.connect() as connection:
        return read_pending(connection, model)


def test_a_request_comes_back_as_it_was_written(ledger):
    assert write_trigger(ledger, ALERT, '{"window": 7}')
    assert pending(ledger) == (ALERT,)


def test_a_second_delivery_changes_nothing(ledger):
    assert write_trigger(ledger, ALERT)
    assert not write_trigger(ledger, replace(ALERT, reason="said otherwise", kind=TriggerKind.PERSON))
    assert pending(ledger) == (ALERT,)


def test_models_may_use_the_same_key(ledger):
    assert write_trigger(ledger, ALERT)
    assert write_trigger(ledger, replace(ALERT, model="fraud"))
    assert pending(ledger, "fraud") == (replace(ALERT, model="fraud"),)
    with ledger.connect() as connection:
        assert find_names(connection) == ("churn", "fraud")


def test_one_of_many_deliveries_at_once_is_new(ledger):
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda _: write_trigger(ledger, ALERT), range(24)))
    assert sum(new) == 1


def test_several_stand_or_fall_together(ledger):
    def write_and_break():
        with writing(ledger) as connection:
            write_trigger(connection, ALERT)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        write_and_break()
    assert pending(ledger) == ()


@pytest.mark.parametrize("payload", ["", "{", "not json"])
def test_a_payload_that_is_no_json_is_refused_and_nothing_is_written(ledger, payload):
    with pytest.raises(ValueError, match="Expecting"):
        write_trigger(ledger, ALERT, payload)
    with ledger.connect() as connection:
        assert read_triggers(connection, "churn") == ()


def test_long_keys_stay_apart_and_fit_the_column():
    keys = [name_entry(Kind.SETTLEMENT, "m" * 63, "k" * 199 + last) for last in "ab"]
    assert keys[0] != keys[1]
    assert max(map(len, keys)) <= 200


def test_a_key_that_no_database_holds_is_told_apart_all_the_same(ledger):
    odd = [replace(ALERT, key=key) for key in ("a\0", "a\ud800", "a\n")]
    assert [write_trigger(ledger, each) for each in (*odd, *odd)] == [True] * 3 + [False] * 3
    assert pending(ledger) == tuple(odd)


def ask(*numbers):
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return [
        (Trigger(key=str(n), kind=TriggerKind.EXTERNAL, model="sales", at=at, actor="x", reason="x"), json.dumps({}))
        for n in numbers
    ]


def written(place):
    with open_ledger(place).connect() as connection:
        return [trigger.key for trigger in read_triggers(connection, "sales")]


@pytest.fixture
def transactions(monkeypatch):
    """Counts the transactions that are begun."""
    begun = []
    original = triggers.writing
    monkeypatch.setattr(triggers, "writing", lambda engine: begun.append(1) or original(engine))
    return begun


def test_many_at_once_are_written_in_few_transactions_in_the_order_it_came(place, transactions):
    async def send_all():
        writer = TriggerWriter(place)
        return await asyncio.gather(*(writer.write(ask(number)) for number in range(2 * MOST_AT_ONCE)))

    assert asyncio.run(send_all()) == [1] * (2 * MOST_AT_ONCE)
    assert written(place) == [str(number) for number in range(2 * MOST_AT_ONCE)]
    assert len(transactions) == 2


def test_each_caller_learns_how_many_of_theirs_are_new(place):
    async def three():
        writer = TriggerWriter(place)
        return await asyncio.gather(writer.write(ask(1, 2)), writer.write(ask(2, 3)), writer.write(ask(1)))

    assert asyncio.run(three()) == [2, 1, 0]
    assert asyncio.run(TriggerWriter(place).write(ask(4))) == 1


def test_when_the_database_is_gone_everybody_is_told_and_may_come_again(tmp_path, monkeypatch):
    async def two(writer):
        return await asyncio.gather(writer.write(ask(1)), writer.write(ask(2)), return_exceptions=True)

    monkeypatch.setenv("RATCHET_LEDGER_URL", "postgresql+psycopg2://ann:secret@127.0.0.1:1/x")
    writer = TriggerWriter(tmp_path)
    told = asyncio.run(two(writer))
    assert [type(each) for each in told] == [LedgerError, LedgerError]
    assert str(told[0]) == "the ledger can't be written now: deliver again later"
    monkeypatch.delenv("RATCHET_LEDGER_URL")
    assert asyncio.run(two(writer)) == [1, 1]


def test_a_caller_who_goes_away_takes_nobody_with_them(tmp_path, monkeypatch):
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)

    async def one_leaves():
        writer = TriggerWriter(tmp_path)
        leaving, staying = (asyncio.create_task(writer.write(ask(number))) for number in (1, 2))
        await asyncio.sleep(0)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        return await staying

    assert asyncio.run(one_leaves()) == 1
    assert written(tmp_path) == ["1", "2"]
