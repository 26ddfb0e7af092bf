import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.champions import make_champion, make_champion_home
from builders.runs import make_config, make_run
from ratchet.errors import RegistryError
from ratchet.registry import in_service
from ratchet.registry.in_service import load_champion

DELAYED = {"label_delay": "4h"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_champion_home(tmp_path)


def forget_run(home: Path) -> None:
    shutil.rmtree(home / "runs")


def test_a_champion_comes_with_its_classes_and_the_end_of_its_rows(home):
    run = make_run(home, make_config())
    make_champion(run)
    service = load_champion(run)
    assert (service.champion.version, service.classes) == (1, ("no", "yes"))
    assert service.made_from == datetime(2025, 1, 10, 23, tzinfo=UTC)


def test_where_the_run_is_gone_the_registry_knows_enough(home):
    as_of = datetime(2025, 1, 10, 12, tzinfo=UTC)
    run = make_run(home, make_config(data=DELAYED), as_of=as_of)
    make_champion(run)
    forget_run(home)
    service = load_champion(run)
    assert service.classes == ("no", "yes")
    assert service.made_from == datetime(2025, 1, 10, 8, tzinfo=UTC)


def test_rows_in_an_order_end_at_their_number(home):
    run = make_run(home, make_config(data={"time": {"order": "rows"}}), as_of=230)
    make_champion(run)
    assert load_champion(run).made_from == 230


def test_classes_that_nobody_knows_are_no_guess(home, monkeypatch):
    run = make_run(home, make_config(task="multiclass", data={"target": {"column": "bought"}}))
    make_champion(run)
    assert load_champion(run).classes == ("no", "yes")
    forget_run(home)
    found = in_service.find_champion
    monkeypatch.setattr(in_service, "find_champion", lambda *given: replace(found(*given), classes=()))
    with pytest.raises(RegistryError, match="the classes of version 1 of sales are not known any more"):
        load_champion(run)
