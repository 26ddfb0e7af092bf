"""Requests for a retrain in the ledger: written once each, waiting until a run settles them."""

import json
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Engine

from ratchet.ledger.database import ENTRIES, writing
from ratchet.ledger.journal import append_to, find_key, read_entries, read_facts
from ratchet.records.admission import Trigger
from ratchet.records.ledger import Entry, Kind, Note

LONGEST_NAME = 180  # the column holds 200, and the kind comes before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the entry of a request holds: the request, and what came with it."""

    trigger: Trigger
    payload: object


ASKED = TypeAdapter(_Asked)


def write_trigger(where: Engine | Connection, trigger: Trigger, payload: str = "{}") -> bool:
    """Write a request down, once; a second delivery of the same key changes nothing.

    Args:
        where: the ledger, or a connection of a block of `writing`.
        trigger: the request.
        payload: what came with it, as JSON text.

    Returns:
        Whether it is new.
    """
    if isinstance(where, Engine):
        with writing(where) as connection:
            return write_trigger(connection, trigger, payload)
    note = _note_of(trigger, payload)
    if find_key(where, str(note.key)):
        return False
    append_to(where, note)
    return True


def read_pending(connection: Connection, model: str) -> tuple[Trigger, ...]:
    """Return the requests for a model that no run has settled, in the order they were written."""
    asked, settled = ENTRIES.alias(), ENTRIES.alias()
    name = sa.func.substr(asked.c.key, len(Kind.TRIGGER) + 1)
    is_settled = sa.exists().where(settled.c.key == sa.literal(Kind.SETTLEMENT.value) + name)
    query = (
        sa.select(asked.c.payload)
        .where(asked.c.model == model, asked.c.kind == Kind.TRIGGER.value, ~is_settled)
        .order_by(asked.c.number)
    )
    return tuple(_read(payload) for (payload,) in connection.execute(query))


def read_trigger(entry: Entry) -> Trigger:
    """Return the request that an entry of the ledger holds."""
    return _read(entry.note.payload)


def read_triggers(connection: Connection, model: str) -> tuple[Trigger, ...]:
    """Return every request for a model, settled or not, in the order they were written."""
    return tuple(read_trigger(entry) for entry in read_entries(connection, model=model, kinds=[Kind.TRIGGER]))


def name_entry(kind: Kind, model: str, key: str) -> str:
    """Return the ledger's key for what a model calls by another, one for each kind: a hash where no column holds it."""
    name = f"{model}:{key}"
    if len(name) > LONGEST_NAME or not key.isprintable():
        name = f"{model}:{sha256(key.encode(errors='surrogatepass')).hexdigest()}"
    return f"{kind.value}:{name}"


def _note_of(trigger: Trigger, payload: str) -> Note:
    facts = ASKED.dump_python(_Asked(trigger=trigger, payload=json.loads(payload)), mode="json")
    return Note(
        kind=Kind.TRIGGER,
        model=trigger.model,
        at=trigger.at,
        actor=trigger.actor,
        reason=trigger.reason,
        payload=json.dumps(facts, sort_keys=True),
        key=name_entry(Kind.TRIGGER, trigger.model, trigger.key),
    )


def _read(payload: str) -> Trigger:
    return read_facts(payload, ASKED, "a request").trigger
