"""When a retraining is started, and the watch that wakes it."""

import asyncio
from datetime import UTC, datetime

import pytest

from builders.ledgers import make_note, tamper
from builders.projects import MODEL, make_project
from builders.throttles import make_trigger

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

import pendulum  # noqa: E402

from ratchet.config.load import load_model  # noqa: E402
from ratchet.config.settings import Settings  # noqa: E402
from ratchet.ledger.database import VARIABLE, open_ledger  # noqa: E402
from ratchet.ledger.journal import append  # noqa: E402
from ratchet.ledger.triggers import write_trigger  # noqa: E402
from ratchet.orchestration import waking  # noqa: E402
from ratchet.orchestration.alarm import Alarm  # noqa: E402
from ratchet.orchestration.waking import LedgerWatch, due_asset, look, read_wake_seconds, schedule_of  # noqa: E402
from ratchet.records.ledger import Kind  # noqa: E402

ALERT = make_trigger(key="a", model="sales")


@pytest.fixture
def settings(tmp_path):
    make_project(tmp_path, model=MODEL + "  throttle: {min_interval: 7d}\n")
    return Settings(project=tmp_path, home=tmp_path / "var")


@pytest.mark.parametrize("fault", ["yaml", "address", "home", "request", "admission"])
def test_a_watch_outlives_what_it_cannot_read(settings, fault, monkeypatch, caplog):
    write_trigger(open_ledger(settings.home), ALERT)
    if fault == "yaml":
        (settings.models / "sales.yaml").write_text("model: [")
    elif fault == "request":
        tamper(open_ledger(settings.home), ["UPDATE ledger SET payload = '{}'"])
    elif fault == "admission":
        append(open_ledger(settings.home), make_note(kind=Kind.ADMISSION, payload='{"admitted": true}'))
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


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 10), ("2.5", 2.5), ("0", 10), ("-1", 10), ("nan", 10), ("inf", 10), ("soon", 10)]
)
def test_a_watch_looks_every_few_seconds_whatever_the_environment_says(text, seconds, monkeypatch):
    monkeypatch.setenv("RATCHET_WAKE_SECONDS", text)
    assert read_wake_seconds() == seconds


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


@pytest.mark.parametrize(
    ("zone", "since", "ticks"),
    [
        # 02:30 does not exist on 29 March: one tick, an hour later by the wall.
        ("Europe/Berlin", "2026-03-28T02:00+00:00", ["2026-03-29T01:30+00:00", "2026-03-30T00:30+00:00"]),
        # It comes twice on 25 October: one tick all the same.
        ("Europe/Berlin", "2026-10-24T01:00+00:00", ["2026-10-25T01:30+00:00", "2026-10-26T01:30+00:00"]),
        ("America/New_York", "2026-03-07T08:00+00:00", ["2026-03-08T07:30+00:00", "2026-03-09T06:30+00:00"]),
        ("UTC", "2028-02-28T03:00+00:00", ["2028-02-29T02:30+00:00", "2028-03-01T02:30+00:00"]),  # a leap day
    ],
)
def test_a_daily_baseline_has_one_tick_a_day_whatever_the_clocks_do(tmp_path, zone, since, ticks):
    from airflow.timetables.base import DataInterval, TimeRestriction
    from airflow.timetables.trigger import CronTriggerTimetable

    text = MODEL.replace("cron: null", f'cron: "30 2 * * *"\n  zone: {zone}')
    declared = schedule_of(load_model(make_project(tmp_path, model=text))).timetable
    timetable = CronTriggerTimetable(declared.expression, timezone=declared.timezone)
    found, last = [], datetime.fromisoformat(since)
    for _ in ticks:
        after = DataInterval.exact(pendulum.instance(last))
        restriction = TimeRestriction(earliest=None, latest=None, catchup=True)
        info = timetable.next_dagrun_info(last_automated_data_interval=after, restriction=restriction)
        last = info.run_after
        found.append(last.astimezone(UTC))
    assert found == [datetime.fromisoformat(tick) for tick in ticks]
