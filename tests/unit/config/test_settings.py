"""Where things are kept is read from the environment."""

from pathlib import Path

import pytest

from ratchet.config.settings import read_settings


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
