"""What the rules come to together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.throttles import NOW, make_attempt, make_throttle, make_trigger
from ratchet.records.admission import TriggerKind
from ratchet.throttle.admission import admit, rank, straighten

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = make_throttle(min_interval="7d")
PERSON, DRIFT, SCHEDULE = TriggerKind.PERSON, TriggerKind.DRIFT, TriggerKind.SCHEDULE


def decide(throttle=WEEK, *triggers, attempts=(), now=NOW):
    return admit(throttle, now=now, triggers=triggers, attempts=attempts)


def test_nobody_asked():
    admission = decide(WEEK)
    assert (admission.admitted, admission.at, admission.reasons) == (False, None, ("nobody asked for a run",))


def test_a_first_request_runs_at_once():
    admission = decide(WEEK, make_trigger())
    assert (admission.admitted, admission.at, admission.kind) == (True, NOW, DRIFT)
    assert not admission.overridden


def test_a_request_within_the_interval_waits_and_knows_until_when():
    admission = decide(WEEK, make_trigger(), attempts=(make_attempt(2 * DAY),))
    assert (admission.admitted, admission.at, admission.triggers) == (False, NOW + 5 * DAY, ("drift",))


def test_at_that_time_it_runs():
    attempts = (make_attempt(2 * DAY),)
    later = decide(WEEK, make_trigger(), attempts=attempts).at
    assert decide(WEEK, make_trigger(), attempts=attempts, now=later).admitted
    assert not decide(WEEK, make_trigger(), attempts=attempts, now=later - timedelta(microseconds=1)).admitted


def test_the_most_urgent_comes_first_and_all_are_answered():
    urgency = [PERSON, TriggerKind.PERFORMANCE, DRIFT, TriggerKind.DATA, TriggerKind.EXTERNAL, SCHEDULE]
    admission = decide(WEEK, *(make_trigger(kind) for kind in reversed(urgency)))
    assert admission.triggers == tuple(kind.value for kind in urgency)
    assert admission.kind is PERSON


def test_of_one_kind_the_oldest_comes_first():
    new, old = make_trigger(key="a"), make_trigger(key="b", at=NOW - DAY)
    assert [each.key for each in rank((new, old))] == ["b", "a"]


def test_a_person_overrules_and_what_was_overruled_is_kept():
    admission = decide(WEEK, make_trigger(PERSON, override=True), make_trigger(), attempts=(make_attempt(DAY),))
    assert (admission.admitted, admission.overridden, admission.at) == (True, True, NOW)
    assert admission.reasons == ("1 d since the last attempt, needs 7 d",)
    assert admission.triggers == ("person", "drift")


def test_a_person_who_need_not_overrule_has_not():
    assert not decide(WEEK, make_trigger(PERSON, override=True)).overridden


@pytest.mark.parametrize("kind", [kind for kind in TriggerKind if kind is not PERSON])
def test_nobody_else_overrules(kind):
    assert not decide(WEEK, make_trigger(kind, override=True), attempts=(make_attempt(DAY),)).admitted


def test_a_person_may_wait_for_their_turn():
    admission = decide(WEEK, make_trigger(PERSON), attempts=(make_attempt(DAY),))
    assert (admission.admitted, admission.at) == (False, NOW + 6 * DAY)


def test_every_rule_must_allow_the_moment_that_is_told():
    """The interval ends in a blackout, and the blackout in a second one."""
    blackouts = [
        {"since": NOW + 4 * DAY, "until": NOW + 6 * DAY},
        {"since": NOW + 6 * DAY, "until": NOW + 8 * DAY},
    ]
    throttle = make_throttle(min_interval="7d", blackouts=blackouts)
    admission = decide(throttle, make_trigger(), attempts=(make_attempt(2 * DAY),))
    assert admission.at == NOW + 8 * DAY
    assert len(admission.reasons) == 1  # of now: the blackouts are still to come


@pytest.mark.parametrize(
    "blackouts",
    [
        [{"start": "00:00", "end": "00:00"}],
        [{"since": "2026-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}, {"start": "22:00", "end": "06:00"}],
    ],
    ids=["every day", "for ever"],
)
def test_blackouts_that_leave_no_time_name_none(blackouts):
    throttle = make_throttle(blackouts=blackouts)
    admission = decide(throttle, make_trigger())
    assert (admission.admitted, admission.at) == (False, None)
    assert decide(throttle, make_trigger(PERSON, override=True)).admitted


def test_a_clock_that_was_two_years_ahead_does_not_stop_the_model():
    ahead = make_attempt(-730 * DAY)
    assert decide(WEEK, make_trigger(), attempts=(ahead,)).admitted
    # Once a run has followed, the wrong stamp is known to be older than that run's: the interval counts from it.
    follower = replace(make_attempt(DAY), run_id="after")
    for now in (NOW, NOW + 725 * DAY, NOW + 731 * DAY):
        followed = decide(WEEK, make_trigger(), attempts=(ahead, follower), now=now)
        assert (followed.admitted, followed.at) == ((False, NOW + 6 * DAY) if now == NOW else (True, now))


def test_stamps_are_straightened_to_the_order_of_the_ledger():
    hours = [5, -100, 3, 4, 1]
    straight = straighten(tuple(make_attempt(ago * HOUR) for ago in hours))
    assert [(NOW - each.started) / HOUR for each in straight] == [5, 4, 4, 4, 1]
    assert straighten(()) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-29T00:30:00+01:00", "2026-03-30T01:30:00+02:00"),  # clocks go forward: a day of 23 hours
        ("2026-10-25T00:30:00+02:00", "2026-10-25T23:30:00+01:00"),  # and back: 25
        ("2028-02-28T12:00:00+00:00", "2028-02-29T12:00:00+00:00"),  # a leap day
        ("2027-02-28T12:00:00+00:00", "2027-03-01T12:00:00+00:00"),  # and none
        ("2026-03-10T23:00:00-05:00", "2026-03-12T00:00:00-04:00"),  # told in two zones
    ],
)
def test_a_day_is_24_hours_whatever_the_clocks_on_the_wall_do(before, after):
    started, now = datetime.fromisoformat(before), datetime.fromisoformat(after)
    throttle = make_throttle(min_interval="1d")
    attempts = (make_attempt(timedelta(), now=started),)
    at = decide(throttle, make_trigger(), attempts=attempts, now=started + HOUR).at
    assert at == started.astimezone(UTC) + DAY == now
    assert decide(throttle, make_trigger(), attempts=attempts, now=now).admitted
