"""The ledger's database: where it is, and that it has the tables of this version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 60  # for another writer, on SQLite
LOCK_NUMBER = 0x72617463  # of PostgreSQL's advisory locks; any number that nobody else takes


def open_ledger(home: Path) -> Engine:
    """Open the database that `RATCHET_LEDGER_URL` names, or `ledger.db` in the home; make its tables when absent."""
    url = os.environ.get("RATCHET_LEDGER_URL")
    if url is None:
        home.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{home / 'ledger.db'}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        _write_one_at_a_time(engine)
    _migrate(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Be the only writer until the block ends; on an error nothing was written."""
    with engine.begin() as connection:
        _lock(connection)
        yield connection


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _write_one_at_a_time(engine: Engine) -> None:
    """Leave BEGIN to us: the driver's own comes too late, after both writers have read the same last entry."""

    @event.listens_for(engine, "connect")
    def _configure(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
