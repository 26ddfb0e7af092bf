"""The facts of an entry: records to JSON text, and back."""

import json
from typing import TypeVar

from pydantic import TypeAdapter

from ratchet.errors import LedgerError

FACTS: TypeAdapter[object] = TypeAdapter(object)
Record = TypeVar("Record")


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
