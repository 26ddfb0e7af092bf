from pathlib import Path

import pytest

from builders.registry import MODEL, make_home, make_promotion_of
from ratchet.errors import RegistryError
from ratchet.registry.client import connect
from ratchet.registry.versions import read_alias
from ratchet.stages.roll_back import roll_back


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose champion is version 2, after version 1."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_home(tmp_path)
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    return home


def test_the_champion_before_comes_back(home: Path) -> None:
    promotion = roll_back(home, MODEL, "worse in production")
    assert (promotion.moved, promotion.version, promotion.previous) == (True, 1, 2)
    assert promotion.reason == "rolled back: the champion alias moved from version 2 to 1: worse in production"
    assert read_alias(connect(home), MODEL) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_rollback_without_a_reason_is_refused(home: Path, reason: str) -> None:
    with pytest.raises(RegistryError, match="say why sales is rolled back"):
        roll_back(home, MODEL, reason)
    assert read_alias(connect(home), MODEL) == 2


def test_an_unknown_model_has_nothing_to_go_back_to(home: Path) -> None:
    with pytest.raises(RegistryError, match="rents has no former champion left"):
        roll_back(home, "rents", "worse")
