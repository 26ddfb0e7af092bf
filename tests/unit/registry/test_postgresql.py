"""The registry on a private PostgreSQL server."""

from pathlib import Path

import pytest

from builders.registry import MODEL, make_promotion_of, race
from ratchet.registry.champion import find_champion
from ratchet.stages.roll_back import roll_back


@pytest.mark.slow
def test_promotion_race_and_rollback_hold_on_postgresql(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres_url)
    home = tmp_path / "home"
    make_promotion_of(home, 1, against=None)
    refused, won = race(home, (2, 3), uri=postgres_url)
    assert won == "version 2"
    assert refused.startswith("the champion of sales is version 2, the decision was made against version 1")
    assert roll_back(home, MODEL, "worse").version == 1
    champion = find_champion(home, MODEL)
    assert champion is not None
    assert champion.run_id == "run-1"
