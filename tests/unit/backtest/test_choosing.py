"""What schedules cost, and which setting is taken next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.backtests import make_timeline
from ratchet.backtest.choosing import Ledger, choose_all, choose_first, choose_next, cost_of, list_choices
from ratchet.backtest.schedules import busiest, hybrid_settings
from ratchet.config.backtest import Prices
from ratchet.records.admission import TriggerKind
from ratchet.records.backtest import Retrain, Track

PERIODS = 16
SETTINGS = hybrid_settings()


def make_track(errors: float | tuple[float, ...] = 10.0, runs: tuple[int, ...] = ()) -> Track:
    """A track with as many mistakes in each period, and a run at the start of some."""
    retrains = (
        Retrain(period=at, why=(TriggerKind.SCHEDULE,), runs=1, seconds=3.0, promoted=at % 2 == 0, reason="")
        for at in runs
    )
    each = errors if isinstance(errors, tuple) else (errors,) * PERIODS
    return Track(policy="", serving=(0,) * PERIODS, retrains=tuple(retrains), errors=each, quality=(0.5,) * PERIODS)


def make_ledger(tracks: dict[int, Track], *, retrain: float = 1.0, delay: int = 0, weekly: float = 10.0) -> Ledger:
    """A ledger in which all settings cost the same but some."""
    every = tuple(tracks.get(place, make_track()) for place in range(len(SETTINGS)))
    timeline = make_timeline(PERIODS, delay=timedelta(days=delay))
    return Ledger(
        settings=SETTINGS, tracks=every, timeline=timeline, prices=Prices(retrain=retrain), weekly_error=weekly
    )


@pytest.mark.parametrize(
    ("retrain", "cron", "runs_a_week"),
    [(0.0, "@weekly", 1.2), (0.4, "@weekly", 1.2), (1.5, "@quarterly", 0.3), (5.0, None, 0.1), (1e6, None, 0.02)],
)
def test_the_dearer_runs_are_the_fewer_are_allowed_at_first(retrain, cron, runs_a_week):
    chosen = SETTINGS[choose_first(make_ledger({}, retrain=retrain))]
    assert chosen.cron == cron
    assert busiest(chosen) <= runs_a_week


def test_a_setting_is_changed_for_one_that_saves_more_than_a_run():
    assert choose_next(make_ledger({3: make_track(9.0)}), 0, 8) == 3


def test_a_setting_is_kept_while_nothing_saves_more_than_a_run():
    assert choose_next(make_ledger({3: make_track(9.9)}), 0, 8) == 0


def test_mistakes_whose_labels_are_not_known_yet_are_not_looked_at():
    late = make_track((10.0,) * 8 + (0.0,) * 8)
    assert choose_next(make_ledger({3: late}), 0, 8) == 0
    assert choose_next(make_ledger({3: late}), 0, 9) == 3
    assert choose_next(make_ledger({3: late}, delay=7), 0, 9) == 0


def test_runs_are_part_of_what_a_setting_costs():
    busy = make_track(9.0, runs=tuple(range(1, 16)))
    assert choose_next(make_ledger({3: busy}, retrain=2.0), 0, 16) == 0


def test_seconds_of_fitting_make_runs_dear_too():
    slow = replace(make_ledger({}), prices=Prices(retrain=0.0, compute_second=1.0), run_seconds=100.0)
    assert SETTINGS[choose_first(slow)].cron is None
    assert choose_next(replace(slow, tracks=make_ledger({3: make_track(9.0)}).tracks), 0, 16) == 0


def test_the_schedule_is_reviewed_now_and_then_and_once_more_at_the_end():
    ledger = make_ledger({3: make_track(5.0)})
    used = choose_all(ledger)
    assert len(used) == PERIODS + 1
    assert used[:2] == (choose_first(ledger),) * 2
    assert used[2:] == (3,) * (PERIODS - 1)
    assert [choice.period for choice in list_choices(ledger, used)] == [0, 2]


def test_what_comes_later_changes_no_earlier_choice():
    before = choose_all(make_ledger({3: make_track(5.0)}))
    after = choose_all(make_ledger({3: make_track((5.0,) * 8 + (500.0,) * 8)}))
    assert before[:9] == after[:9]
    assert after[-1] != 3


def test_a_total_is_mistakes_runs_and_seconds_at_their_prices():
    prices = Prices(error=2.0, retrain=30.0, compute_second=0.5)
    cost = cost_of(make_track(runs=(1, 2)), prices, [1] * PERIODS, name="weekly", description="")
    assert (cost.error_cost, cost.retrain_cost, cost.total) == (320.0, 63.0, 383.0)
    assert (cost.runs, cost.promotions, cost.seconds) == (2, 1, 6.0)


def test_quality_is_weighted_by_rows_and_leaves_out_periods_without_a_figure():
    track = Track(policy="", serving=(0, 0, 0), retrains=(), errors=(0.0,) * 3, quality=(0.5, None, 0.8))
    assert cost_of(track, Prices(), [10, 100, 20], name="", description="").quality == pytest.approx(0.7)
    nothing = Track(policy="", serving=(0,), retrains=(), errors=(0.0,), quality=(None,))
    assert cost_of(nothing, Prices(), [10], name="", description="").quality is None
