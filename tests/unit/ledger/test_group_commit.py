"""Many callers on one event loop: few transactions, nobody's failure is another's, nothing is lost."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from ratchet.errors import LedgerError
from ratchet.ledger import group_commit
from ratchet.ledger.database import open_ledger
from ratchet.ledger.group_commit import MOST_AT_ONCE, TriggerWriter
from ratchet.ledger.triggers import read_triggers
from ratchet.records.admission import Trigger, TriggerKind


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
    original = group_commit.writing
    monkeypatch.setattr(group_commit, "writing", lambda engine: begun.append(1) or original(engine))
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
