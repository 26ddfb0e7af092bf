"""A private PostgreSQL server, on loopback, for the length of the tests that ask for one."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from ratchet.local.processes import find_free_port

PLACES = Path("/usr/lib/postgresql")  # where Debian puts each version
DRIVERS = {"psycopg2": "postgresql+psycopg2", "psycopg": "postgresql+psycopg"}
UNPRIVILEGED = ("postgres", "nobody")  # the server refuses to run as root
NUMBERS = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `environment` is for its programs, such as psql."""

    programs: Path
    folder: Path
    port: int
    user: str | None
    environment: dict[str, str] = field(default_factory=lambda: {**os.environ, "LC_ALL": "C"})

    def make_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"test_{os.getpid()}_{next(NUMBERS)}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ratchet", name)
        return self.url_of(name)

    def url_of(self, database: str) -> str:
        """Return the address of a database."""
        return f"{_scheme()}://ratchet@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop the server as a power cut would; what was committed stays."""
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start the server, again after a stop."""
        settings = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        log, options = self.folder / "log", f"{settings} -c fsync=off -c max_connections=300"
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", log, "-o", options, "start")

    def run(self, program: str, *arguments: object) -> None:
        """Run one of PostgreSQL's programs as the server's user."""
        command = [str(self.programs / program), *map(str, arguments)]
        subprocess.run(
            command, check=True, user=self.user, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL
        )


def missing_for_postgres() -> str | None:
    """Say what is missing for a server of our own; None when nothing is."""
    if not _find_programs():
        return f"PostgreSQL is not in {PLACES}"
    if _scheme() is None:
        return "no PostgreSQL driver is installed (psycopg2 or psycopg)"
    return None


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Make a server in a folder of its own, and remove both at the end."""
    folder = Path(mkdtemp(prefix="ratchet-postgresql-"))
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    server = PostgresServer(programs=_find_programs()[-1].parent, folder=folder, port=find_free_port(), user=user)
    try:
        server.run("initdb", "-D", folder / "data", "-A", "trust", "-U", "ratchet", "-E", "UTF8", "--no-sync")
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)


def _find_programs() -> list[Path]:
    return sorted(PLACES.glob("*/bin/initdb"))


def _scheme() -> str | None:
    return next((scheme for driver, scheme in DRIVERS.items() if find_spec(driver)), None)


def _unprivileged_user() -> str:
    names = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in names)
