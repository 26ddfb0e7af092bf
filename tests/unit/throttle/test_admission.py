"""What the rules come to together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.throttles import NOW, make_attempt, make_throttle, make_trigger
from ratchet.records.admission import TriggerKind
from ratchet.throttle.admission import (
    admit,
    grow_pause,
    keep_blackouts,
    keep_budget,
    keep_count,
    keep_interval,
    keep_interval_after_success,
    pause_after_failures,
    rank,
    straighten,
)

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


DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


@pytest.mark.parametrize("rule", [keep_interval, keep_interval_after_success])
@pytest.mark.parametrize(("ago", "until"), [(DAY, None), (DAY + TICK, None), (DAY - TICK, TICK), (6 * HOUR, 18 * HOUR)])
def test_an_interval_is_kept_to_its_end(rule, ago, until):
    throttle = make_throttle(min_interval="1d", min_interval_after_success="1d")
    wait = rule(throttle, (make_attempt(9 * DAY), make_attempt(ago)), NOW)
    assert (wait.until if wait else None) == (NOW + until if until else None)


@pytest.mark.parametrize(
    "rule", [keep_interval, keep_interval_after_success, keep_count, pause_after_failures, keep_blackouts, keep_budget]
)
def test_nothing_was_tried_so_nothing_forbids(rule):
    throttle = make_throttle(
        min_interval="7d", min_interval_after_success="7d", max_runs=1, pause_after_failure="7d", daily_seconds=1
    )
    assert rule(throttle, (), NOW) is None


@pytest.mark.parametrize(("succeeded", "waits"), [(True, True), (False, False), (None, False)])
def test_only_a_verdict_counts_as_success(succeeded, waits):
    throttle = make_throttle(min_interval_after_success="1d")
    wait = keep_interval_after_success(throttle, (make_attempt(HOUR, succeeded=succeeded),), NOW)
    assert (wait is not None) is waits


def test_a_wait_says_how_long_it_was_and_how_long_it_needs():
    wait = keep_interval(make_throttle(min_interval="7d"), (make_attempt(2 * DAY + 3 * HOUR),), NOW)
    assert wait.reason == "2 d 3 h since the last attempt, needs 7 d"


@pytest.mark.parametrize(
    ("hours_ago", "until"),
    [
        ((20, 10), None),  # two are fewer than three
        ((20, 10, 1), 4),  # the oldest leaves the day in four hours
        ((30, 20, 10, 1), 4),  # one before the window does not count
        ((24, 10, 1), None),  # neither does one at its very edge
        ((20, 15, 10, 1), 9),  # of four the two oldest have to leave
    ],
)
def test_so_many_runs_fit_a_window(hours_ago, until):
    throttle = make_throttle(max_runs=3, window="1d")
    wait = keep_count(throttle, tuple(make_attempt(hours * HOUR) for hours in hours_ago), NOW)
    assert (wait.until if wait else None) == (NOW + until * HOUR if until else None)


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10), (10_000, 10)], ids=str
)
def test_the_pause_grows_up_to_the_longest(failures, pause):
    throttle = make_throttle(pause_after_failure="1h", longest_pause="10h")
    assert grow_pause(throttle, failures) == pause * HOUR


@pytest.mark.parametrize("pause", ["0s", "52w"])
def test_the_pause_holds_what_a_duration_can(pause):
    throttle = make_throttle(pause_after_failure=pause, longest_pause="10h")
    assert grow_pause(throttle, 10_000) == (timedelta() if pause == "0s" else 10 * HOUR)


@pytest.mark.parametrize(
    ("outcomes", "waits_hours"),
    [
        ((True,), None),
        ((False,), 1),
        ((True, False, False), 2),
        ((False, False, True), None),  # a verdict ends the row
        ((False, None), 1),  # one that still runs says nothing yet
    ],
)
def test_broken_runs_in_a_row_make_a_pause_from_the_end_of_the_last(outcomes, waits_hours):
    throttle = make_throttle(pause_after_failure="2h", longest_pause="1d")
    hours = range(len(outcomes), 0, -1)
    attempts = [
        make_attempt(ago * HOUR, succeeded=ended, seconds=0) for ago, ended in zip(hours, outcomes, strict=True)
    ]
    wait = pause_after_failures(throttle, tuple(attempts), NOW)
    last = max((i for i, ended in enumerate(outcomes) if ended is False), default=0)
    expected = attempts[last].started + timedelta(hours=2 * waits_hours) if waits_hours else None
    assert (wait.until if wait else None) == (expected if expected and expected > NOW else None)


def test_the_pause_counts_from_the_end_of_the_broken_run():
    attempt = make_attempt(3 * HOUR, seconds=2.5 * 3600, succeeded=False)
    wait = pause_after_failures(make_throttle(pause_after_failure="1h"), (attempt,), NOW)
    assert wait.until == NOW + HOUR / 2
    assert "a broken run" in wait.reason


@pytest.mark.parametrize(
    ("spent", "until"),
    [
        ((("20h", 500),), None),  # half of it
        ((("25h", 5000),), None),  # yesterday's
        ((("20h", 1000),), 4),  # all of it: until that run is a day old
        ((("20h", 600), ("10h", 600)), 4),  # a part comes back with the first
        ((("20h", 600), ("10h", 1000)), 14),  # what is left without the first is the whole budget still
        ((("20h", 100), ("10h", 5000)), 14),  # not enough comes back with the first
    ],
)
def test_the_budget_of_a_day_is_kept(spent, until):
    throttle = make_throttle(daily_seconds=1000)
    attempts = tuple(make_attempt(int(ago[:-1]) * HOUR, seconds=seconds) for ago, seconds in spent)
    wait = keep_budget(throttle, attempts, NOW)
    assert (wait.until if wait else None) == (NOW + until * HOUR if until else None)


def test_without_a_budget_nothing_is_counted():
    assert keep_budget(make_throttle(), (make_attempt(HOUR, seconds=1e9),), NOW) is None


def test_the_longest_of_two_blackouts_counts():
    zone = {"zone": "UTC"}
    blackouts = [{"start": "11:00", "end": "13:00"} | zone, {"start": "10:00", "end": "20:00"} | zone]
    wait = keep_blackouts(make_throttle(blackouts=blackouts), (), NOW)
    assert wait.until == NOW + 8 * HOUR


@pytest.mark.parametrize("rule", [keep_interval, keep_count, keep_budget, pause_after_failures])
def test_a_run_of_two_years_ahead_forbids_nothing(rule):
    throttle = make_throttle(
        min_interval="7d", max_runs=1, window="7d", daily_seconds=1, pause_after_failure="7d", longest_pause="7d"
    )
    assert rule(throttle, (make_attempt(-730 * DAY, succeeded=False),), NOW) is None


def test_a_clock_that_went_back_an_hour_keeps_the_interval():
    wait = keep_interval(make_throttle(min_interval="7d"), (make_attempt(-HOUR),), NOW)
    assert wait.until == NOW + HOUR + 7 * DAY
    assert wait.reason == "0 s since the last attempt, needs 7 d"


@pytest.mark.parametrize(
    "rule", [keep_interval, keep_interval_after_success, keep_count, pause_after_failures, keep_budget]
)
@pytest.mark.parametrize("succeeded", [True, False])
def test_a_dry_run_spends_of_the_budget_and_counts_nowhere_else(rule, succeeded):
    throttle = make_throttle(
        min_interval="7d", min_interval_after_success="7d", max_runs=1, pause_after_failure="7d", daily_seconds=30
    )
    wait = rule(throttle, (make_attempt(HOUR, succeeded=succeeded, dry_run=True),), NOW)
    assert (wait is not None) is (rule is keep_budget)
