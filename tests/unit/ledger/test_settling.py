"""The fates of triggers, and the ends of runs that report nothing themselves."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from builders.runs import make_run
from builders.throttles import NOW, make_attempt, make_throttle, make_trigger
from ratchet.config.run import Adoption
from ratchet.ledger.admissions import settle, write_admission
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.runs import find_run_end
from ratchet.ledger.settling import (
    answers,
    ask_again,
    break_off,
    count_from,
    end_unheard,
    is_unheard,
    settle_admitted,
    settle_ended,
)
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import Applicant, Fate, TriggerKind, dag_of
from ratchet.throttle.admission import admit

EVERY_KIND = tuple(make_trigger(kind) for kind in TriggerKind)
ALERTS = {"performance", "drift", "external"}


def admission_of(*triggers, attempts=()):
    return admit(make_throttle(min_interval="7d"), now=NOW, triggers=triggers, attempts=attempts)


def test_one_is_consumed_and_the_others_with_it():
    fates = settle_admitted(admission_of(*EVERY_KIND), "run-1")
    assert [(each.trigger, each.fate) for each in fates[:2]] == [
        ("person", Fate.CONSUMED),
        ("performance", Fate.COALESCED),
    ]
    assert {each.fate for each in fates[1:]} == {Fate.COALESCED}
    assert {each.trigger for each in fates} == {kind.value for kind in TriggerKind}
    assert {each.run_id for each in fates} == {"run-1"}


@pytest.mark.parametrize("triggers", [(), (make_trigger(),)])
def test_a_run_that_waits_settles_nothing(triggers):
    assert settle_admitted(admission_of(*triggers, attempts=(make_attempt(timedelta(days=1)),)), "run-1") == ()


def test_a_verdict_answers_the_alerts_of_its_time_and_nothing_else():
    fates = settle_ended(EVERY_KIND, "run-1")
    assert {each.trigger for each in fates} == ALERTS
    assert {each.fate for each in fates} == {Fate.SUPPRESSED}


@pytest.mark.parametrize(
    ("changes", "takes"),
    [
        ({}, True),
        ({"dry_run": True}, False),
        ({"adoption": Adoption(source="team.skops", person="ann")}, False),  # it teaches nothing what is new
    ],
)
def test_only_a_run_that_trains_for_today_answers_what_waits(changes, takes, tmp_path):
    run = make_run(tmp_path, started=NOW).model_copy(update=changes)
    assert answers(run, make_trigger(), NOW) is takes


@pytest.mark.parametrize(
    ("kinds", "again"),
    [
        ((), None),
        ((TriggerKind.PERSON, TriggerKind.SCHEDULE), None),
        ((TriggerKind.DATA,), TriggerKind.DATA),
        ((TriggerKind.PERSON, TriggerKind.DRIFT, TriggerKind.PERFORMANCE), TriggerKind.PERFORMANCE),
    ],
)
def test_what_a_broken_run_was_to_answer_is_asked_again(kinds, again):
    answered = tuple(make_trigger(kind) for kind in kinds)
    found = ask_again(answered, model="sales", run_id="run-1", now=NOW)
    assert (found.kind if found else None) is again
    if found:
        assert (found.key, found.override, found.at) == ("again:run-1", False, NOW)


@pytest.mark.parametrize(
    ("minutes_ago", "counts_from"), [(0, 0), (1, 1), (15, 15), (16, 0), (-5, 0)], ids=lambda value: f"{value} min"
)
def test_a_punctual_baseline_counts_from_its_tick(minutes_ago, counts_from):
    tick = make_trigger(TriggerKind.SCHEDULE, at=NOW - timedelta(minutes=minutes_ago))
    assert count_from(NOW, (make_trigger(), tick)) == NOW - timedelta(minutes=counts_from)


def test_anything_else_counts_from_its_admission():
    assert count_from(NOW, (make_trigger(at=NOW - timedelta(minutes=1)),)) == NOW


def start(home: Path, actor: str) -> Engine:
    """A ledger in which a run of an actor was admitted now."""
    ledger = open_ledger(home)
    write_trigger(ledger, EVERY_KIND[1])
    applicant = Applicant(model="sales", run_id="run-1", actor=actor, at=NOW)
    admission = admission_of(EVERY_KIND[1])
    with writing(ledger) as connection:
        write_admission(connection, applicant, admission, counts_from=NOW)
        settle(connection, applicant, settle_admitted(admission, "run-1"))
    return ledger


@pytest.mark.parametrize(
    ("actor", "hours", "silent"), [("ada", 23, False), ("ada", 25, True), (dag_of("sales"), 25, False)]
)
def test_a_run_from_a_shell_is_silent_after_a_day(tmp_path, actor, hours, silent):
    with start(tmp_path, actor).connect() as connection:
        assert is_unheard(connection, "sales", NOW + timedelta(hours=hours)) is silent


def test_a_silent_run_has_broken_and_what_it_took_is_asked_again(tmp_path):
    ledger, later = start(tmp_path, "ada"), NOW + timedelta(days=3)
    end_unheard(ledger, "sales", later)
    with ledger.connect() as connection:
        assert not is_unheard(connection, "sales", later)
        end = find_run_end(connection, "sales", "run-1")
        assert (end.succeeded, end.seconds) == (False, timedelta(days=1).total_seconds())
        assert [each.key for each in read_pending(connection, "sales")] == ["again:run-1"]


@pytest.mark.parametrize("run_id", ["run-1", "unknown"])
def test_only_an_admitted_run_is_broken_off(tmp_path, run_id):
    start(tmp_path, "ada")
    end = break_off(tmp_path, "sales", run_id, "the disk is full", NOW + timedelta(hours=1))
    assert (end.seconds if end else None) == (3600 if run_id == "run-1" else None)
