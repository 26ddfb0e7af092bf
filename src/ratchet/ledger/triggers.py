"""Requests for a retrain in the ledger: written once each, waiting until a run settles them.

Many that come at the same time are written together: a commit costs as much for one as for a hundred.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Engine

from ratchet.errors import LedgerError, RatchetError
from ratchet.ledger.database import ENTRIES, open_ledger, writing
from ratchet.ledger.journal import append_to, find_key, read_entries, read_facts
from ratchet.records.admission import Trigger
from ratchet.records.ledger import Entry, Kind, Note

LONGEST_NAME = 180  # the column holds 200, and the kind comes before
logger = logging.getLogger(__name__)
MOST_AT_ONCE = 100  # deliveries a transaction: others want to write as well
Request = tuple[Trigger, str]  # with what came with it, as JSON text


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


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    requests: tuple[Request, ...]
    written: "asyncio.Future[int]"


class TriggerWriter:
    """Writes triggers for callers on one event loop, without ever blocking it.

    While one transaction is under way the next callers queue, and are written together in the next one.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._engine: Engine | None = None
        self._waiting: list[_Delivery] = []
        self._under_way: asyncio.Task[None] | None = None

    async def write(self, requests: Sequence[Request]) -> int:
        """Write requests, all or none of them, and return how many are new.

        Raises:
            LedgerError: the database can't be written now: nothing is, and the same may be delivered again.
        """
        delivery = _Delivery(tuple(requests), asyncio.get_running_loop().create_future())
        self._waiting.append(delivery)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._write_waiting())
        # A caller that goes away takes nothing with it: others may be in the same transaction.
        return await asyncio.shield(delivery.written)

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            writing_them = asyncio.ensure_future(asyncio.to_thread(self._write_all, batch))
            await asyncio.wait([writing_them])
            error = writing_them.exception()
            for place, delivery in enumerate(batch):
                if error:
                    delivery.written.set_exception(error)
                else:
                    delivery.written.set_result(writing_them.result()[place])
        self._under_way = None

    def _write_all(self, batch: Sequence[_Delivery]) -> list[int]:
        try:
            self._engine = self._engine or open_ledger(self._home)
            with writing(self._engine) as connection:
                return [
                    sum(write_trigger(connection, trigger, payload) for trigger, payload in delivery.requests)
                    for delivery in batch
                ]
        except (sa.exc.SQLAlchemyError, OSError, RatchetError) as error:
            logger.exception("triggers could not be written")
            raise LedgerError("the ledger can't be written now: deliver again later") from error
