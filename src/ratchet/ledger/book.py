"""Write notes down and read them again."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from ratchet.ledger.chain import NOTHING, find_breach, seal
from ratchet.ledger.database import writing
from ratchet.ledger.tables import ENTRIES
from ratchet.records.ledger import Breach, Entry, Kind, Note

AT_ONCE = 1000  # entries read at a time


def append(engine: Engine, note: Note) -> Entry:
    """Write a note down, once: a second delivery with the same key gives back the first one's entry."""
    with writing(engine) as connection:
        return append_to(connection, note)


def append_to(connection: Connection, note: Note) -> Entry:
    """Write a note down inside a block of `writing`, so that several notes stand or fall together."""
    if note.key is not None and (earlier := find_key(connection, note.key)):
        return earlier
    last = connection.execute(
        sa.select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc()).limit(1)
    ).first()
    entry = seal(note, number=last.number + 1 if last else 1, previous=last.hash if last else NOTHING)
    connection.execute(sa.insert(ENTRIES).values(_row_of(entry)))
    return entry


def find_key(connection: Connection, key: str) -> Entry | None:
    """Return the entry with a key."""
    row = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.key == key)).first()
    return _entry_of(row) if row else None


def read_entries(connection: Connection, *, model: str | None = None, kinds: Sequence[Kind] = ()) -> Iterator[Entry]:
    """Return entries in their order, of one model and of some kinds where these are named."""
    query = sa.select(ENTRIES).order_by(ENTRIES.c.number)
    if model is not None:
        query = query.where(ENTRIES.c.model == model)
    if kinds:
        query = query.where(ENTRIES.c.kind.in_([kind.value for kind in kinds]))
    for row in connection.execution_options(yield_per=AT_ONCE).execute(query):
        yield _entry_of(row)


def verify_ledger(engine: Engine) -> tuple[int, Breach | None]:
    """Return how many entries there are, and where the chain is broken; None when it is whole.

    Entries cut off at the end leave a whole chain: keep the last hash elsewhere to see that.
    """
    with engine.connect() as connection:
        breach = find_breach(read_entries(connection))
        return connection.execute(sa.select(sa.func.count()).select_from(ENTRIES)).scalar_one(), breach


def _row_of(entry: Entry) -> dict[str, object]:
    note = entry.note
    return {
        "number": entry.number,
        "kind": note.kind.value,
        "model": note.model,
        "at": note.at.astimezone(UTC).isoformat(),
        "actor": note.actor,
        "reason": note.reason,
        "payload": note.payload,
        "key": note.key,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry_of(row: Row[tuple[object, ...]]) -> Entry:
    note = Note(
        kind=Kind(row.kind),
        model=row.model,
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        reason=row.reason,
        payload=row.payload,
        key=row.key,
    )
    return Entry(number=row.number, note=note, previous=row.previous, hash=row.hash)
