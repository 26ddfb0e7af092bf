"""Each entry carries a hash over itself and the hash before: whoever changes one must change all that follow."""

import json
from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256

from ratchet.records.ledger import Breach, Entry, Note

NOTHING = "0" * 64  # what the first entry is chained to


def seal(note: Note, *, number: int, previous: str) -> Entry:
    """Make the next entry of the chain."""
    return Entry(number=number, note=note, previous=previous, hash=hash_entry(note, number=number, previous=previous))


def hash_entry(note: Note, *, number: int, previous: str) -> str:
    """Return the SHA-256 of an entry, hexadecimal, over a JSON list of its fields: no two entries write the same."""
    at = note.at.astimezone(UTC).isoformat()
    fields = [number, previous, note.kind, note.model, at, note.actor, note.reason, note.payload, note.key]
    return sha256(json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def find_breach(entries: Iterable[Entry]) -> Breach | None:
    """Return where a chain is broken first; None when it is whole from its first entry on."""
    previous = NOTHING
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            return Breach(number=number, problem=f"entry {number} is missing: entry {entry.number} follows")
        if entry.previous != previous:
            return Breach(number=number, problem=f"entry {number} is not chained to the one before it")
        if entry.hash != hash_entry(entry.note, number=number, previous=previous):
            return Breach(number=number, problem=f"entry {number} was changed after it was written")
        previous = entry.hash
    return None
