"""What the watch over the ledger wakes a retraining for, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.projects import MODEL, make_project
from builders.throttles import make_trigger
from ratchet.config.load import load_model
from ratchet.config.run import freeze_run
from ratchet.config.settings import Settings
from ratchet.ledger.database import open_ledger
from ratchet.ledger.triggers import write_trigger
from ratchet.orchestration.alarm import PATIENCE, PAUSE, Alarm
from ratchet.records.admission import TriggerKind
from ratchet.stages.admit import admit

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ALERT = make_trigger(key="a", model="sales")


@pytest.fixture
def settings(tmp_path):
    make_project(tmp_path, model=MODEL + "  throttle: {min_interval: 7d}\n")
    return Settings(project=tmp_path, home=tmp_path / "var")


def admit_run(settings, started, run_id, actor="sales.retrain"):
    config = load_model(settings.models / "sales.yaml")
    facts = {"project": settings.project, "home": settings.home, "started": started, "run_id": run_id}
    return admit(freeze_run(config, **facts), (), actor)


def test_nothing_waits_and_nobody_is_woken(settings):
    assert Alarm(settings, "sales").look(NOW) == ()


def test_a_request_wakes_once_and_again_when_nothing_came_of_it(settings):
    write_trigger(open_ledger(settings.home), ALERT)
    alarm = Alarm(settings, "sales")
    times = (timedelta(), timedelta(seconds=10), PATIENCE, PATIENCE + timedelta(seconds=10), -PATIENCE)
    assert [bool(alarm.look(NOW + after)) for after in times] == [True, False, True, False, True]


def test_a_storm_wakes_once_and_what_came_later_once_more(settings):
    ledger, alarm = open_ledger(settings.home), Alarm(settings, "sales")
    write_trigger(ledger, ALERT)
    assert alarm.look(NOW) == ("a",)
    write_trigger(ledger, replace(ALERT, key="b"))
    assert alarm.look(NOW + PAUSE / 2) == ()
    assert alarm.look(NOW + PAUSE) == ("a", "b")


def test_what_must_wait_wakes_at_its_moment(settings):
    ledger, alarm = open_ledger(settings.home), Alarm(settings, "sales")
    write_trigger(ledger, ALERT)
    admit_run(settings, NOW, "run-1")
    write_trigger(ledger, replace(ALERT, key="b"))
    week = timedelta(days=7)
    assert [alarm.look(NOW + after) for after in (timedelta(days=1), week - timedelta(seconds=1), week)] == [
        (),
        (),
        ("b",),
    ]
    assert admit_run(settings, NOW + week, "run-2").admitted
    assert alarm.look(NOW + week + timedelta(seconds=1)) == ()


def test_a_person_who_overrules_wakes_within_the_interval(settings):
    write_trigger(open_ledger(settings.home), ALERT)
    admit_run(settings, NOW, "run-1")
    person = replace(ALERT, key="p", kind=TriggerKind.PERSON, override=True)
    write_trigger(open_ledger(settings.home), person)
    assert Alarm(settings, "sales").look(NOW + timedelta(hours=1)) == ("p",)


def test_a_run_that_has_just_asked_for_itself_is_not_woken_for(settings):
    write_trigger(open_ledger(settings.home), replace(ALERT, key="run:by-hand", at=NOW))
    alarm = Alarm(settings, "sales")
    seconds = (1, 59, 60)
    assert [bool(alarm.look(NOW + timedelta(seconds=after))) for after in seconds] == [False, False, True]


def test_what_a_killed_run_took_wakes_as_well(settings):
    write_trigger(open_ledger(settings.home), ALERT)
    admit_run(settings, NOW, "killed", actor="ada")
    alarm = Alarm(settings, "sales")
    week = timedelta(days=7)
    assert [alarm.look(NOW + after) for after in (week - timedelta(hours=1), week)] == [(), ("again:killed",)]
