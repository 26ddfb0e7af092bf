"""Requests in the ledger: each one once, whoever delivers it how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import find_names
from ratchet.ledger.triggers import name_entry, read_pending, read_triggers, write_trigger
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
