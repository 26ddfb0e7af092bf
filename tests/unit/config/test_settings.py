"""Where things are kept is read from the environment."""

import getpass
from pathlib import Path

import pytest

from ratchet.config.settings import name_person, read_settings


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
