"""What every test of the registry may ask for."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.registry import make_home
from ratchet.registry.client import connect


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an empty registry."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_home(tmp_path)


@pytest.fixture
def client(home: Path) -> MlflowClient:
    """The registry in it."""
    return connect(home)
