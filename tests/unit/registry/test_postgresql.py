"""A private PostgreSQL server, on loopback, for the length of a test."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import pytest

from builders.registry import MODEL, make_promotion_of, race
from ratchet.registry.champion import find_champion
from ratchet.registry.client import connect
from ratchet.stages.roll_back import roll_back

DRIVERS = {"psycopg2": "postgresql+psycopg2", "psycopg": "postgresql+psycopg"}


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of an empty database, or a skip that says what is missing."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not in /usr/lib/postgresql")
    scheme = next((scheme for driver, scheme in DRIVERS.items() if find_spec(driver)), None)
    if scheme is None:
        pytest.skip("no PostgreSQL driver is installed (psycopg2 or psycopg)")
    folder = Path(mkdtemp(prefix="ratchet-postgresql-"))
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user:
        shutil.chown(folder, user)
    port, bin_folder, data = free_port(), programs[-1].parent, folder / "data"
    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"

    def run(*command: object) -> None:
        subprocess.run([str(word) for word in command], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    run(bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "ratchet", "-E", "UTF8")
    run(bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", settings, "start")
    try:
        yield f"{scheme}://ratchet@127.0.0.1:{port}/postgres"
    finally:
        run(bin_folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.slow
def test_promotion_race_and_rollback_hold_on_postgresql(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgresql)
    home = tmp_path / "home"
    make_promotion_of(home, 1, against=None)
    refused, won = race(home, (2, 3), uri=postgresql)
    assert won == "version 2"
    assert refused.startswith("the champion of sales is version 2, the decision was made against version 1")
    assert roll_back(home, MODEL, "worse").version == 1
    champion = find_champion(connect(home), MODEL)
    assert champion is not None
    assert champion.run_id == "run-1"
