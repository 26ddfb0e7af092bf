"""The fates of triggers."""

from datetime import timedelta

import pytest

from builders.throttles import NOW, make_attempt, make_throttle, make_trigger
from ratchet.ledger.settling import ask_again, count_from, settle_admitted, settle_ended
from ratchet.records.admission import Fate, TriggerKind
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
