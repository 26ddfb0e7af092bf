from pathlib import Path

import pytest

from builders.registry import MODEL, make_home, make_promotion_of
from ratchet.errors import RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.records.ledger import Kind
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


def rollbacks(home: Path) -> list[tuple[str, str]]:
    with open_ledger(home).connect() as connection:
        return [(entry.note.actor, entry.note.reason) for entry in read_entries(connection, kinds=[Kind.ROLLBACK])]


def test_a_rollback_is_in_the_ledger_with_who_asked(home: Path) -> None:
    roll_back(home, MODEL, "worse in production", "ann")
    assert rollbacks(home) == [("ann", "worse in production")]


def test_a_task_that_is_tried_again_goes_back_once(home: Path) -> None:
    """Airflow tries again what died after its last write, before it could say so."""
    make_promotion_of(home, 3, against=2)
    for _ in range(2):
        assert roll_back(home, MODEL, "worse", "ann", "roll_back:manual__1").version == 2
    assert rollbacks(home) == [("ann", "worse")]
    assert roll_back(home, MODEL, "worse", "ann", "roll_back:manual__2").version == 1
    late = roll_back(home, MODEL, "worse", "ann", "roll_back:manual__1")
    assert (late.moved, late.version) == (False, 1)
    assert "this run rolled back to version 2 on" in late.reason
