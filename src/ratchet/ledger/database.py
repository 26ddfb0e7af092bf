"""The ledger's database: where it is, its one table as the queries see it, and that it is of this version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine

from ratchet.errors import ConfigError, LedgerError

VARIABLE = "RATCHET_LEDGER_URL"
EXAMPLE = "postgresql://user:password@host/database"
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"  # of the migrations; as text, so that the database need not be asked with Alembic each time
DRIVERS = ("psycopg2", "psycopg")
WAIT_SECONDS = 60  # for another writer
CONNECT_SECONDS = 10
LOCK_NUMBER = 0x72617463  # of PostgreSQL's advisory locks; any number that nobody else takes
ENTRIES = sa.table(
    "ledger",
    sa.column("number", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("model", sa.String),
    sa.column("at", sa.String),
    sa.column("actor", sa.Text),
    sa.column("reason", sa.Text),
    sa.column("payload", sa.Text),
    sa.column("key", sa.String),
    sa.column("previous", sa.String),
    sa.column("hash", sa.String),
)


def open_ledger(home: Path) -> Engine:
    """Open the database that `RATCHET_LEDGER_URL` names, or `ledger.db` in the home; make its tables when absent.

    Nothing is kept open between two blocks, so that an engine may be used by threads, and by a process after a fork.

    Raises:
        ConfigError: the address is wrong, or its driver is not installed.
        LedgerError: the ledger was written by a newer version.
    """
    engine = _make_engine(find_address(home))
    version = _read_version(engine)
    if version is not None and version > HEAD:
        raise LedgerError(
            f"the ledger has the tables of version {version}, this Ratchet knows up to {HEAD}: install the newer one"
        )
    if version != HEAD:
        _migrate(engine)
    return engine


def find_address(home: Path) -> URL:
    """Return the address of the ledger's database.

    Raises:
        ConfigError: `RATCHET_LEDGER_URL` names none that a ledger can be kept in.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        home.mkdir(parents=True, exist_ok=True)
        return URL.create("sqlite", database=str(home / "ledger.db"))
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:  # the other for a port that is no number
        raise ConfigError(f"{VARIABLE} is no address of a database; write it like {EXAMPLE}") from error
    kind, _, driver = url.drivername.partition("+")
    if kind in {"postgresql", "postgres"} and driver in {"", *DRIVERS}:
        return url.set(drivername=f"postgresql+{driver or _find_driver()}")
    if kind == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url
    raise ConfigError(f"{VARIABLE}: no ledger can be kept in '{url.drivername}' at that place; write {EXAMPLE}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Be the only writer until the block ends; on an error nothing was written."""
    with engine.begin() as connection:
        _lock(connection)
        yield connection


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
        _write_one_at_a_time(engine)
        return engine
    try:
        return sa.create_engine(
            url,
            poolclass=sa.NullPool,
            hide_parameters=True,  # errors end up in logs
            # A stricter level would still see the chain as it was before the lock was given.
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": CONNECT_SECONDS},
        )
    except ModuleNotFoundError as error:
        raise ConfigError(f"{VARIABLE} needs the driver {error.name}: install ratchet[cluster]") from error


def _find_driver() -> str:
    return next((driver for driver in DRIVERS if find_spec(driver)), DRIVERS[0])


def _lock(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # The second: a writer that is frozen in its block must not stop the others for good.
    for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {setting} = '{WAIT_SECONDS}s'")
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})


def _write_one_at_a_time(engine: Engine) -> None:
    """Leave BEGIN to us: the driver's own comes too late, after both writers have read the same last entry."""

    @event.listens_for(engine, "connect")
    def _configure(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]
        connection.text_factory = _read_text  # type: ignore[attr-defined]


def _read_text(stored: bytes) -> str:
    """Read what an edit may have left: bytes that are no text stay apart from any text, so that `verify` names them."""
    return stored.decode("utf-8", "surrogateescape")


def _read_version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("ledger_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM ledger_version")).scalar()


def _migrate(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 (0.3 s, and asked for once in a ledger's life)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    # Whoever waited here finds the work done: Alembic reads the version again.
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
