"""Write notes down with their facts as JSON text, chained, and read them again.

Each entry carries a hash over itself and the hash before: whoever changes one must change all that follow.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import Connection, Engine

from ratchet.errors import LedgerError
from ratchet.ledger.database import ENTRIES, writing
from ratchet.records.ledger import Breach, Entry, Inspection, Kind, Note

logger = logging.getLogger(__name__)

NOTHING = "0" * 64  # what the first entry is chained to
HASHED = ("number", "previous", "kind", "model", "at", "actor", "reason", "payload", "key")
Line = Mapping[str, object]  # an entry as the database holds it, so that an edited one can be read as well
ENTRY = TypeAdapter(Entry)
AT_ONCE = 1000  # entries read at a time
LONGEST_KEY = 200  # what the column holds
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no zero, and no database half a character
FACTS: TypeAdapter[object] = TypeAdapter(object)
Record = TypeVar("Record")


def seal(note: Note, *, number: int, previous: str) -> dict[str, object]:
    """Make the next line of the chain."""
    line: dict[str, object] = {
        "number": number,
        "previous": previous,
        "kind": note.kind.value,
        "model": note.model,
        "at": write_time(note.at),
        "actor": note.actor,
        "reason": note.reason,
        "payload": note.payload,
        "key": note.key,
    }
    return {**line, "hash": hash_line(line)}


def hash_line(line: Line) -> str:
    """Return the SHA-256 of a line, hexadecimal, over a JSON list of its fields: no two lines write the same."""
    fields = [line[name] for name in HASHED]
    return sha256(json.dumps(fields, ensure_ascii=True, separators=(",", ":"), default=repr).encode()).hexdigest()


def write_time(moment: datetime) -> str:
    """Write a moment in UTC, always to the microsecond, so that the order of texts is the order of moments.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def inspect_chain(lines: Iterable[Line], *, expected: str | None = None) -> Inspection:
    """Walk along a chain from its first line to its end, or to where it is broken first.

    Args:
        lines: in the order of their numbers.
        expected: the hash of an entry that is known to have been there: without it, entries that were cut off at the
            end, or a chain that was written anew from somewhere on, look whole.
    """
    count, last, was_seen = 0, NOTHING, expected in {None, NOTHING}
    for number, line in enumerate(lines, start=1):
        if problem := _find_problem(line, number, last):
            return Inspection(entries=count, last=last, breach=Breach(number=number, problem=problem))
        count, last = number, str(line["hash"])
        was_seen = was_seen or last == expected
    if was_seen:
        return Inspection(entries=count, last=last, breach=None)
    gone = (
        f"the entry with hash {expected} is not there: the end was cut off, or entries were written anew; the last one "
        f"is {count}"
    )
    return Inspection(entries=count, last=last, breach=Breach(number=count + 1, problem=gone))


def _find_problem(line: Line, number: int, previous: str) -> str | None:
    if line["number"] != number:
        return f"entry {number} is not there: the next one has the number {line['number']}"
    # Before the link: a line that was changed or put in another's place shows by itself.
    if line["hash"] != hash_line(line):
        return f"entry {number} was changed after it was written"
    if line["previous"] != previous:
        return f"entry {number} is not chained to entry {number - 1}: one of the two was put there later"
    return None


def append(engine: Engine, note: Note) -> Entry:
    """Write a note down, once: of notes with the same key the first one stays, whatever the others say.

    Returns:
        The entry, or the one that was written first.
    """
    with writing(engine) as connection:
        return append_to(connection, note)


def append_all(engine: Engine, notes: Sequence[Note]) -> None:
    """Write notes down together, each of them once."""
    with writing(engine) as connection:
        for note in notes:
            append_to(connection, note)


def append_to(connection: Connection, note: Note) -> Entry:
    """Write a note down inside a block of `writing`, so that several notes stand or fall together."""
    note = _make_writable(note)
    if note.key is not None and (earlier := find_key(connection, note.key)):
        logger.info("entry %s of the ledger has the key %s already", earlier.number, note.key)
        return earlier
    last = connection.execute(
        sa.select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc()).limit(1)
    ).first()
    line = seal(note, number=last.number + 1 if last else 1, previous=last.hash if last else NOTHING)
    connection.execute(sa.insert(ENTRIES).values(line))
    return _entry_of(line)


def find_key(connection: Connection, key: str) -> Entry | None:
    """Return the entry with a key, as it is written down."""
    row = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.key == _clean(key))).mappings().first()
    return _entry_of(dict(row)) if row else None


def read_entries(
    connection: Connection, *, model: str | None = None, kinds: Sequence[Kind] = (), after: int = 0
) -> Iterator[Entry]:
    """Return entries in their order, of one model and of some kinds where these are named.

    They are read a page at a time, and no lock is held between two pages: entries never change, and others may be
    written meanwhile.

    Args:
        connection: to the ledger.
        model: whose entries; None for all.
        kinds: which entries; empty for all.
        after: leave out the entries up to this number.
    """
    yield from map(_entry_of, _read_lines(connection, _filtered(model, kinds), after))


def read_latest(
    connection: Connection,
    limit: int,
    *,
    model: str | None = None,
    kinds: Sequence[Kind] = (),
    since: datetime | None = None,
) -> tuple[Entry, ...]:
    """Return the last entries, the oldest of them first.

    Args:
        connection: to the ledger.
        limit: how many at most.
        model: whose entries; None for all.
        kinds: which entries; empty for all.
        since: only what happened at this moment or later.
    """
    query = _filtered(model, kinds)
    if since is not None:
        query = query.where(ENTRIES.c.at >= write_time(since))
    newest = connection.execute(query.order_by(ENTRIES.c.number.desc()).limit(limit)).mappings().all()
    return tuple(_entry_of(dict(row)) for row in reversed(newest))


def find_names(connection: Connection) -> tuple[str, ...]:
    """Return the names of the models that the ledger has entries of."""
    names = connection.execute(sa.select(ENTRIES.c.model).distinct().order_by(ENTRIES.c.model))
    return tuple(_clean(name) for (name,) in names)


def verify_ledger(engine: Engine, *, expected: str | None = None) -> Inspection:
    """Read the whole chain, and say where it is broken.

    Args:
        engine: the ledger.
        expected: the hash of an entry that is known to have been there; see `inspect_chain`.
    """
    with engine.connect() as connection:
        return inspect_chain(_read_lines(connection, _filtered(None, ())), expected=expected)


def _filtered(model: str | None, kinds: Sequence[Kind]) -> sa.Select[tuple[object, ...]]:
    query = sa.select(ENTRIES)
    if model is not None:
        query = query.where(ENTRIES.c.model == model)
    if kinds:
        query = query.where(ENTRIES.c.kind.in_([kind.value for kind in kinds]))
    return query


def _read_lines(
    connection: Connection, query: sa.Select[tuple[object, ...]], after: int | None = None
) -> Iterator[Line]:
    query = query.order_by(ENTRIES.c.number).limit(AT_ONCE)
    while True:
        # No lower limit at first: a line that was put before the first must show.
        page = query if after is None else query.where(ENTRIES.c.number > after)
        lines = connection.execute(page).mappings().all()
        yield from map(dict, lines)
        if len(lines) < AT_ONCE:
            return
        after = lines[-1]["number"]


def _make_writable(note: Note) -> Note:
    """Replace what a database can't hold, before it is hashed.

    Raises:
        LedgerError: the key is too long.
    """
    if note.key is not None and len(note.key) > LONGEST_KEY:
        raise LedgerError(
            f"an entry's key may have {LONGEST_KEY} characters, this one has {len(note.key)}: {note.key[:40]}…"
        )
    return replace(
        note,
        model=_clean(note.model),
        actor=_clean(note.actor),
        reason=_clean(note.reason),
        payload=_clean(note.payload),
        key=_clean(note.key) if note.key is not None else None,
    )


def _clean(text: str) -> str:
    return UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _entry_of(line: Line) -> Entry:
    # What an edit left may be no text that can be shown; `verify` reads the lines as they are.
    shown = {name: _clean(value) if isinstance(value, str) else value for name, value in line.items()}
    try:
        return ENTRY.validate_python({**shown, "note": shown})
    except ValidationError as error:
        first = error.errors()[0]
        raise LedgerError(
            f"entry {line['number']} of the ledger can't be read ({first['loc'][-1]}: {first['msg']}): was it written "
            "by a newer version, or changed? Run `ratchet ledger verify`"
        ) from error


def write_payload(**facts: object) -> str:
    """Return named facts as JSON text, the same for the same facts; NaN and infinity become null.

    Args:
        **facts: records, numbers, texts, times, or tuples and dicts of them.
    """
    return json.dumps(json.loads(FACTS.dump_json(facts)), sort_keys=True, allow_nan=False)


def read_facts(payload: str, facts: TypeAdapter[Record], what: str) -> Record:
    """Return all facts of an entry as the record they were.

    Args:
        payload: the entry's.
        facts: reads the record.
        what: the entry, for who can't read it.

    Raises:
        LedgerError: they are no such record.
    """
    try:
        # Not read as JSON at once: half a character that a sender escaped is refused there, and would stop the model.
        return facts.validate_python(json.loads(payload))
    except ValueError as error:
        raise LedgerError(
            f"the ledger holds {what} that can't be read: was it written by a newer version, or changed? Run "
            "`ratchet ledger verify`"
        ) from error
