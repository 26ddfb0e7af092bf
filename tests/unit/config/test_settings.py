"""Where things are kept is read from the environment."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ratchet.config.settings import QUIET, keep_quiet, name_person, read_settings


def test_everything_is_below_the_current_folder_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RATCHET_PROJECT", raising=False)
    monkeypatch.delenv("RATCHET_HOME", raising=False)
    settings = read_settings()
    assert settings.models == tmp_path / "include" / "models"
    assert settings.home == tmp_path / "var"


def test_the_environment_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path / "project"))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "home"))
    settings = read_settings()
    assert (settings.project, settings.home) == (tmp_path / "project", tmp_path / "home")


def test_a_person_is_named_by_their_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert name_person() == "ann"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_an_account_without_a_name_is_known_by_its_number(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert name_person().startswith("user ")


def test_what_is_given_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path / "a"))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "b"))
    own = read_settings(project=tmp_path / "mine")
    assert (own.project, own.home) == (tmp_path / "mine", tmp_path / "mine" / "var")
    elsewhere = read_settings(home=tmp_path / "c")
    assert (elsewhere.project, elsewhere.home) == (tmp_path / "a", tmp_path / "c")


SAYS = """
from ratchet.config.settings import keep_quiet
keep_quiet()
from mlflow.telemetry.utils import is_telemetry_disabled
print(is_telemetry_disabled())
"""


def test_what_a_person_has_set_stays(monkeypatch):
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    monkeypatch.delenv("SCARF_ANALYTICS", raising=False)
    keep_quiet()
    assert (os.environ["MLFLOW_LOGGING_LEVEL"], os.environ["SCARF_ANALYTICS"]) == ("DEBUG", "false")


@pytest.mark.slow
def test_mlflow_understands_its_switch():
    bare = {name: value for name, value in os.environ.items() if name not in {*QUIET, "CI"}}
    done = subprocess.run([sys.executable, "-c", SAYS], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
