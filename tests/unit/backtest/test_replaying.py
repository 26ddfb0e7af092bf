"""What schedules do, period by period."""

from datetime import timedelta

import pytest

from builders.backtests import Table, make_timeline
from ratchet.backtest.replaying import World, has_lost, has_moved, replay
from ratchet.backtest.schedules import OPEN, RetrainingSchedule
from ratchet.config.alerts import AlertPlan
from ratchet.config.throttle import Throttle
from ratchet.records.admission import TriggerKind
from ratchet.records.backtest import Loss, Moved, Track

PERIODS = 12


def throttled(days: int) -> Throttle:
    return Throttle(min_interval=timedelta(0), min_interval_after_success=timedelta(days=days))


def follow(table: Table, throttle: Throttle = OPEN, **schedule: object) -> Track:
    each = RetrainingSchedule(name="mine", throttle=throttle, **schedule)
    world = World(timeline=make_timeline(PERIODS), known=table, alerts=AlertPlan())
    return replay([each] * PERIODS, world)


def table(**facts: object) -> Table:
    return Table(periods=PERIODS, **facts)


def test_who_never_retrains_keeps_the_first_model():
    track = follow(table())
    assert track.serving == (0,) * PERIODS
    assert track.retrains == ()


def test_a_weekly_schedule_has_the_model_of_the_week():
    track = follow(table(errors={3: 7.0}), cron="@weekly")
    assert track.serving == tuple(range(PERIODS))
    assert track.errors[3] == 7.0
    assert all(each.why == (TriggerKind.SCHEDULE,) for each in track.retrains)


def test_a_challenger_that_is_not_promoted_leaves_the_champion_and_is_paid_for():
    track = follow(table(worse=frozenset(range(2, PERIODS))), cron="@weekly")
    assert track.serving == (0, *[1] * (PERIODS - 1))
    assert len(track.retrains) == PERIODS - 1
    assert [each.promoted for each in track.retrains] == [True] + [False] * (PERIODS - 2)


def test_renewals_are_compared_with_the_model_that_was_last_shown_to_be_better():
    track = follow(table(renewals=frozenset({3, 4})), cron="@weekly")
    reasons = [each.reason for each in track.retrains]
    assert reasons[:6] == [
        "1 against 0", "2 against 1", "3 against 2", "4 against 3 after 2", "5 against 4 after 2", "6 against 5"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "schedule", "kind"),
    [
        ({"losses": frozenset({5})}, {"on_loss": True}, TriggerKind.PERFORMANCE),
        ({"movements": frozenset({5})}, {"on_drift": True}, TriggerKind.DRIFT),
    ],
)
def test_an_alarm_asks_for_a_run_when_it_is_raised_and_only_then(facts, schedule, kind):
    track = follow(table(**facts), **schedule)
    assert [(each.period, each.why) for each in track.retrains] == [(5, (kind,))]
    assert track.serving == (0,) * 5 + (5,) * (PERIODS - 5)


@pytest.mark.parametrize("facts", [{"losses": frozenset({5})}, {"movements": frozenset({5})}])
def test_who_does_not_listen_does_not_run(facts):
    assert follow(table(**facts)).retrains == ()


def test_the_throttle_keeps_runs_apart_and_forgets_no_trigger():
    track = follow(table(losses=frozenset({2, 3})), throttled(20), on_loss=True)
    assert [each.period for each in track.retrains] == [2, 5]  # three weeks later, though nothing is wrong by then


def test_triggers_that_waited_are_answered_by_one_run():
    facts = {"losses": frozenset({2, 3}), "movements": frozenset({4})}
    track = follow(table(**facts), throttled(20), on_loss=True, on_drift=True)
    assert track.retrains[1].why == (TriggerKind.PERFORMANCE, TriggerKind.DRIFT)
    assert track.retrains[1].runs == 1


def test_each_fire_within_a_period_is_paid_for():
    track = follow(table(), cron="0 0 */2 * *")
    assert all(each.runs in {3, 4} for each in track.retrains)
    assert all(each.seconds == 2.0 * each.runs for each in track.retrains)


def test_a_model_that_could_not_be_made_counts_as_a_broken_run_and_is_never_in_service():
    track = follow(table(broken=frozenset({4})), cron="@weekly")
    assert 4 not in track.serving
    assert not track.retrains[3].promoted


def test_a_schedule_may_change_on_the_way():
    never, weekly = (
        RetrainingSchedule(name="never", throttle=OPEN),
        RetrainingSchedule(name="weekly", throttle=OPEN, cron="@weekly"),
    )
    world = World(timeline=make_timeline(PERIODS), known=table(), alerts=AlertPlan())
    track = replay([never] * 6 + [weekly] * 6, world)
    assert [each.period for each in track.retrains] == list(range(6, 12))


@pytest.mark.parametrize(
    ("loss", "is_red"),
    [
        (Loss(rows=5), False),
        (Loss(rows=500, value=0.06, lower=0.01), True),
        (Loss(rows=500, value=0.06, lower=-0.01), False),
        (Loss(rows=500, value=0.04, lower=0.01), False),
    ],
)
def test_a_loss_is_red_when_it_is_large_and_more_than_chance(loss, is_red):
    assert has_lost(loss, AlertPlan()) is is_red


@pytest.mark.parametrize(
    ("moved", "is_red"),
    [
        (Moved(measured=4, moved=0, prediction=False), False),
        (Moved(measured=4, moved=1, prediction=False), False),
        (Moved(measured=4, moved=1, prediction=True), True),
        (Moved(measured=4, moved=0, prediction=True), False),
        (Moved(measured=4, moved=2, prediction=False), True),
        (Moved(measured=0, moved=0, prediction=False), False),
    ],
)
def test_a_drift_is_red_by_the_alerts_own_quorum(moved, is_red):
    assert has_moved(moved, AlertPlan()) is is_red
