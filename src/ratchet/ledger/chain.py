"""Each entry carries a hash over itself and the hash before: whoever changes one must change all that follow."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from ratchet.records.ledger import Breach, Inspection, Note

NOTHING = "0" * 64  # what the first entry is chained to
HASHED = ("number", "previous", "kind", "model", "at", "actor", "reason", "payload", "key")
Line = Mapping[str, object]  # an entry as the database holds it, so that an edited one can be read as well


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
