"""When a retraining is started, and the watch that wakes it."""

import asyncio
from datetime import UTC, datetime

import pytest

from builders.projects import MODEL, make_project
from builders.throttles import make_trigger

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from ratchet.config.load import load_model  # noqa: E402
from ratchet.config.settings import Settings  # noqa: E402
from ratchet.ledger.database import VARIABLE, open_ledger  # noqa: E402
from ratchet.ledger.triggers import write_trigger  # noqa: E402
from ratchet.orchestration import waking  # noqa: E402
from ratchet.orchestration.alarm import Alarm  # noqa: E402
from ratchet.orchestration.waking import LedgerWatch, due_asset, look, schedule_of  # noqa: E402

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ALERT = make_trigger(key="a", model="sales")


@pytest.fixture
def settings(tmp_path):
    make_project(tmp_path, model=MODEL + "  throttle: {min_interval: 7d}\n")
    return Settings(project=tmp_path, home=tmp_path / "var")


@pytest.mark.parametrize("fault", ["yaml", "address", "home"])
def test_a_watch_outlives_what_it_cannot_read(settings, fault, monkeypatch, caplog):
    write_trigger(open_ledger(settings.home), ALERT)
    if fault == "yaml":
        (settings.models / "sales.yaml").write_text("model: [")
    elif fault == "address":
        monkeypatch.setenv(VARIABLE, "mysql://somewhere")
    else:
        settings = Settings(project=settings.project, home=settings.models / "sales.yaml")
    assert look(Alarm(settings, "sales")) == ()
    assert "the next look may" in caplog.text


def test_the_watch_yields_what_is_due(settings, monkeypatch):
    monkeypatch.setenv("RATCHET_PROJECT", str(settings.project))
    monkeypatch.setenv("RATCHET_HOME", str(settings.home))
    monkeypatch.setenv("RATCHET_WAKE_SECONDS", "0.01")
    write_trigger(open_ledger(settings.home), ALERT)

    async def first_event():
        return await anext(LedgerWatch("sales").run())

    assert asyncio.run(first_event()).payload == {"requests": 1, "first": "a"}


def test_a_watch_can_be_made_again_from_what_it_says_of_itself():
    path, arguments = LedgerWatch("sales").serialize()
    assert getattr(waking, path.rpartition(".")[2])(**arguments).model == "sales"
    assert due_asset("sales").watchers[0].trigger.model == "sales"


@pytest.mark.parametrize(
    ("cron", "is_timed"), [("null", False), ('"@weekly"', True), ('"30 2 * * *"', True), ('"@once"', True)]
)
def test_a_baseline_is_kept_beside_the_events(tmp_path, cron, is_timed):
    path = make_project(tmp_path, model=MODEL.replace("cron: null", f"cron: {cron}"))
    assert hasattr(schedule_of(load_model(path)), "timetable") is is_timed
