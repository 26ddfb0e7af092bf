"""The facts of an entry: records to JSON text, and back."""

import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from ratchet.errors import LedgerError
from ratchet.records.ledger import Entry

FACTS: TypeAdapter[object] = TypeAdapter(object)
Record = TypeVar("Record")


def write_payload(**facts: object) -> str:
    """Return named facts as JSON text, the same for the same facts; NaN and infinity become null.

    Args:
        **facts: records, numbers, texts, times, or tuples and dicts of them.
    """
    return json.dumps(json.loads(FACTS.dump_json(facts)), sort_keys=True, allow_nan=False)


def read_payload(entry: Entry, name: str, kind: type[Record]) -> Record:
    """Return one of an entry's facts as the record it was.

    Raises:
        LedgerError: it is not there, or is no such record.
    """
    try:
        return TypeAdapter(kind).validate_json(json.dumps(json.loads(entry.note.payload)[name]))
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise LedgerError(
            f"entry {entry.number} of the ledger holds no {kind.__name__} called '{name}': was it written by another "
            "version, or changed? `ratchet ledger verify` tells"
        ) from error
