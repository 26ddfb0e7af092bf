"""Facts as JSON, and back as the records they were."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from builders.records import make_verdict
from ratchet.errors import LedgerError
from ratchet.ledger.payload import read_facts, write_payload
from ratchet.records.judgement import Verdict


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
