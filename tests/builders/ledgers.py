"""Notes, raw access to a ledger's table, and processes that write to it and die."""

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ratchet.records.ledger import Kind, Note

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
GUARDS = {
    "sqlite": [f"DROP TRIGGER ledger_{name}" for name in ("no_update", "no_delete", "in_turn")],
    "postgresql": ["ALTER TABLE ledger DISABLE TRIGGER USER"],
}
# Appends each of its keys, twice over where told so, and says which are safe.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ratchet.ledger.journal import append
from ratchet.ledger.database import open_ledger
from ratchet.records.ledger import Kind, Note

home, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
ledger = open_ledger(home)
for number in range(count):
    key = f"{name}-{number}"
    append(ledger, Note(kind=Kind.ALERT, model="sales", at=datetime.now(UTC), actor=name, reason="test", key=key))
    print(key, flush=True)
"""


def make_note(number: int = 1, **changes: object) -> Note:
    """A note that tells its number."""
    facts = {
        "kind": Kind.ALERT,
        "model": "sales",
        "at": START + timedelta(minutes=number),
        "actor": "sales.monitor",
        "reason": f"reason-{number}",
        "payload": f'{{"number": {number}}}',
        "key": f"key-{number}",
    }
    return Note(**{**facts, **changes})


def tamper(ledger: Engine, statements: Iterable[str]) -> None:
    """Change the table behind the ledger's back, its guards taken away."""
    with ledger.connect() as connection:
        for statement in (*GUARDS[ledger.dialect.name], *statements):
            connection.execute(sa.text(statement))
        connection.commit()


class Writer:
    """A process that waits for `go`, and appends entries until it is done or killed."""

    def __init__(self, home: Path, name: str, count: int = 100_000) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(home), name, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        """Let it begin."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def safe_keys(self) -> list[str]:
        """Return the keys that it was told are written, once it has ended."""
        told, _ = self.process.communicate(timeout=120)
        return told.splitlines()
