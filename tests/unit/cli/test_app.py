"""The command line answers quickly, and speaks in sentences when something is wrong."""

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError
from typer import Exit

from builders.projects import make_project
from builders.registry import make_home, make_promotion_of
from ratchet.cli.app import INTERRUPTED, spoken
from ratchet.errors import ConfigError

# What takes a second or a hundred MiB to load: no command that only tells or asks may need it.
HEAVY = (
    "airflow",
    "duckdb",
    "evidently",
    "great_expectations",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
)
QUICK = (
    ["--help"],
    ["status"],
    ["status", "--json"],
    ["validate", "--no-data"],
    ["schema"],
    ["trigger", "sales", "--reason", "new prices"],
    ["ledger", "show"],
    ["ledger", "verify"],
)
LOADED = """
import sys
from ratchet.cli.app import main
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def quick_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose model has a champion in its registry."""
    folder = tmp_path_factory.mktemp("quick")
    make_project(folder)
    make_promotion_of(make_home(folder), 1, against=None)
    return folder


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_a_command_that_only_tells_or_asks_loads_nothing_heavy(
    arguments: list[str], quick_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("RATCHET_PROJECT", str(quick_home))
    monkeypatch.setenv("RATCHET_HOME", str(quick_home / "home"))
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(done.stderr.split())
    if arguments == ["status"]:
        assert "Champion: version 1, boosting of run run-1" in done.stdout


def test_the_module_and_the_command_are_the_same() -> None:
    done = subprocess.run([sys.executable, "-m", "ratchet", "--help"], capture_output=True, text=True, check=True)
    for name in ("init", "validate", "run", "status", "approve", "rollback", "schema"):
        assert f" {name} " in done.stdout


def test_what_can_go_wrong_on_purpose_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise ConfigError("sales.yaml:3: [red]task[/red]: missing")

    with pytest.raises(Exit) as caught:
        spoken(command)()
    assert caught.value.exit_code == 1
    assert capsys.readouterr().err == "sales.yaml:3: [red]task[/red]: missing\n"


def test_an_interrupt_ends_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Exit) as caught:
        spoken(command)()
    assert caught.value.exit_code == INTERRUPTED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Stopped: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "begin"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "a file could not be written: No space left on device; "),
        (OSError(errno.EROFS, "Read-only file system", "/srv/x"), "/srv/x: Read-only file system; "),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/x"), "/srv/x: Permission denied; "),
    ],
)
def test_a_machine_that_refuses_a_file_is_one_sentence(
    error: OSError, begin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    with pytest.raises(Exit) as caught:
        spoken(command)()
    assert caught.value.exit_code == 1
    printed = capsys.readouterr().err
    assert printed.startswith(begin)
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    "error",
    [
        MlflowException("API request failed\nafter 5 tries"),
        OperationalError("UPDATE x", {}, sqlite3.OperationalError("API request failed")),
    ],
)
def test_a_registry_that_is_out_of_reach_is_one_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise error

    with pytest.raises(Exit) as caught:
        spoken(command)()
    assert caught.value.exit_code == 1
    printed = capsys.readouterr().err
    assert printed.startswith("the registry or the ledger can't be used: ")
    assert "API request failed" in printed
    assert "tries" not in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EPIPE])
def test_any_other_trouble_with_files_stays_a_bug(code: int) -> None:
    def command() -> None:
        raise OSError(code, "no such file")

    with pytest.raises(OSError, match="no such file"):
        spoken(command)()


def test_a_bug_keeps_its_traceback() -> None:
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spoken(command)()


def test_a_wrong_option_is_a_usage_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ratchet", "run", "--candidat", "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--candidate" in done.stderr
