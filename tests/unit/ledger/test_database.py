"""Where the ledger is, who makes its tables, and what an address that can't be used is told."""

import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from builders.ledgers import Writer, make_note
from ratchet.errors import ConfigError, LedgerError
from ratchet.ledger.database import HEAD, MIGRATIONS, find_address, open_ledger, writing
from ratchet.ledger.journal import append, verify_ledger
from ratchet.orchestration.tasks import INFRASTRUCTURE

OPENER = """
import sys
from pathlib import Path
from ratchet.ledger.database import open_ledger
import alembic.command
print("ready", flush=True)
sys.stdin.readline()
open_ledger(Path(sys.argv[1]))
"""


def test_the_head_that_is_asked_for_is_that_of_the_migrations():
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_what_others_wrote_is_found_by_a_second_opening(place):
    append(open_ledger(place), make_note(1))
    assert verify_ledger(open_ledger(place)).entries == 1


def test_a_home_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    home = tmp_path / "100 % sure? #1 é;"
    append(open_ledger(home), make_note(1))
    assert (home / "ledger.db").is_file()


def test_an_empty_address_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", "")
    assert find_address(tmp_path).database == str(tmp_path / "ledger.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_postgresql_may_be_named_without_its_driver(scheme, tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", f"{scheme}://ann:secret@db.example.org/ledger")
    monkeypatch.setattr("ratchet.ledger.database.DRIVERS", ("psycopg2",))
    assert find_address(tmp_path).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nothing", "no address of a database"),
        ("postgresql://ratchet@host:port/ratchet", "no address of a database"),
        ("mysql://ann:secret@host/x", "kept in 'mysql' at that place"),
        ("sqlite://", "kept in 'sqlite'"),
        ("sqlite:///:memory:", "kept in 'sqlite'"),
        ("postgresql+asyncpg://ann:secret@host/x", r"kept in 'postgresql\+asyncpg'"),
    ],
)
def test_an_address_that_no_ledger_can_be_at_is_refused_without_its_password(address, said, tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", address)
    with pytest.raises(ConfigError, match=said) as refused:
        open_ledger(tmp_path)
    assert "RATCHET_LEDGER_URL" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_driver_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.setenv("RATCHET_LEDGER_URL", "postgresql+psycopg2://ann@host/x")
    with pytest.raises(ConfigError, match=r"needs the driver psycopg2: install ratchet\[cluster\]"):
        open_ledger(tmp_path)


def test_a_database_out_of_reach_is_a_failure_of_the_infrastructure(tmp_path, monkeypatch):
    pytest.importorskip("psycopg2")
    monkeypatch.setenv("RATCHET_LEDGER_URL", "postgresql+psycopg2://ann:secret@127.0.0.1:1/x")
    with pytest.raises(sa.exc.OperationalError) as failed:
        open_ledger(tmp_path)
    assert "secret" not in str(failed.value)
    assert f"{sa.exc.DBAPIError.__module__}.DBAPIError" in INFRASTRUCTURE


def test_the_ledger_of_a_newer_version_is_left_alone(place):
    ledger = open_ledger(place)
    with ledger.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=f"version 9999, this Ratchet knows up to {HEAD}"):
        open_ledger(place)


def test_what_is_not_finished_is_not_there(either):
    def make_half():
        with writing(either) as connection:
            connection.execute(sa.text("CREATE TABLE half (number INTEGER)"))
            raise KeyError

    with pytest.raises(KeyError):
        make_half()
    with either.connect() as connection:
        assert not sa.inspect(connection).has_table("half")


@pytest.mark.slow
def test_processes_that_meet_at_the_first_use_make_one_ledger(place):
    writers = [Writer(place, f"w{number}", 2) for number in range(4)]
    for writer in writers:
        writer.go()
    assert sorted(len(writer.safe_keys()) for writer in writers) == [2] * 4
    found = verify_ledger(open_ledger(place))
    assert (found.entries, found.breach) == (8, None)


@pytest.mark.slow
@pytest.mark.parametrize("after_seconds", [0.01, 0.03, 0.06])
def test_a_first_use_that_is_killed_is_made_again(after_seconds, place):
    """The moment is not aimed at: wherever the kill lands, the next one finds nothing, or all of it."""
    command = [sys.executable, "-c", OPENER, str(place)]
    opener = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert opener.stdin
    assert opener.stdout
    opener.stdout.readline()
    opener.stdin.write(b"\n")
    opener.stdin.flush()
    time.sleep(after_seconds)
    opener.send_signal(signal.SIGKILL)
    opener.communicate()
    assert append(open_ledger(place), make_note(1)).number == 1
