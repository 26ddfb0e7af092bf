"""A command line in a project of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from builders.projects import make_project
from ratchet.cli.app import app

Command = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one model, which the command line finds."""
    make_project(tmp_path)
    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def ratchet(project: Path) -> Command:
    """Run a command, with stdout and stderr apart."""
    assert project

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run
