"""A ledger on each kind of database."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from ratchet.ledger.database import open_ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose ledger was not opened yet, once with SQLite and once with PostgreSQL."""
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("RATCHET_LEDGER_URL", request.getfixturevalue("postgres_url"))
    return tmp_path


@pytest.fixture
def either(place: Path) -> Engine:
    """An empty ledger, once on SQLite and once on PostgreSQL."""
    return open_ledger(place)
