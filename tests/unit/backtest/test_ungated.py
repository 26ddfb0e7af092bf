"""What policies without gates put into service, and when."""

import pytest

from builders.backtests import WEEK, make_timeline
from ratchet.backtest.ungated import replay_ungated
from ratchet.config.backtest import Prices
from ratchet.records.backtest import PastModel, Track, Unjudged

PERIODS = 24


def make_model(period: int, errors: tuple[float, ...], *, fails: bool = False) -> PastModel:
    """A model whose fit without gates makes these mistakes from its period on."""
    fit = Unjudged(errors=errors, quality=(0.5,) * len(errors), seconds=2.0)
    newest = None if fails or period == 0 else fit
    return PastModel(period=period, problem=None, errors=errors, quality=(0.1,) * len(errors), newest=newest)


def follow(policy: str, mistakes: object, *, retrain: float = 30.0, delay: object = 0 * WEEK) -> Track:
    """Replay a policy where the model of one period makes `mistakes(made, at)` in another."""
    models = [
        make_model(made, tuple(mistakes(made, at) if at >= made else 0.0 for at in range(PERIODS)))
        for made in range(PERIODS)
    ]
    timeline = make_timeline(PERIODS, delay=delay)
    return replay_ungated(policy, models, timeline, Prices(retrain=retrain))


def count_runs(track: Track) -> int:
    return len(track.retrains)


def test_each_period_has_its_own_fit_and_a_missing_one_leaves_the_one_before():
    models = [make_model(made, tuple(10.0 * made + at for at in range(4)), fails=made == 2) for made in range(4)]
    track = replay_ungated("newest", models, make_timeline(4), Prices())
    assert track.serving == (0, 1, 1, 3)
    assert track.errors == (0.0, 11.0, 12.0, 33.0)
    assert track.quality == (0.1, 0.5, 0.5, 0.5)
    assert [(each.period, each.promoted, each.seconds) for each in track.retrains] == [(1, True, 2.0), (3, True, 2.0)]
    assert replay_ungated("rolling", models, make_timeline(4), Prices()).serving == (0, 0, 0, 0)


@pytest.mark.parametrize("policy", ["cara", "upf"])
def test_a_rule_leaves_a_model_alone_that_does_not_age(policy):
    assert count_runs(follow(policy, lambda _made, _at: 10.0)) == 0


@pytest.mark.parametrize("policy", ["cara", "upf"])
@pytest.mark.parametrize("delay", [0 * WEEK, 2 * WEEK])
def test_a_rule_retrains_where_models_age_by_more_than_a_run_costs(policy, delay):
    track = follow(policy, lambda made, at: 10.0 + 10.0 * (at - made), delay=delay)
    assert 3 <= count_runs(track) < PERIODS - 1
    never = sum(10.0 + 10.0 * at for at in range(PERIODS))
    assert sum(track.errors) + 30.0 * count_runs(track) < 0.5 * never


@pytest.mark.parametrize("policy", ["cara", "upf"])
def test_a_rule_retrains_less_where_a_run_costs_more(policy):
    def age(made: int, at: int) -> float:
        return 10.0 + 10.0 * (at - made)

    assert count_runs(follow(policy, age, retrain=1000.0)) < count_runs(follow(policy, age, retrain=10.0))


@pytest.mark.parametrize("policy", ["cara", "upf"])
@pytest.mark.parametrize("delay", [0 * WEEK, 2 * WEEK])
def test_what_is_not_known_yet_changes_nothing_that_was_decided(policy, delay):
    def age(made: int, at: int) -> float:
        return 10.0 + 10.0 * (at - made)

    poisoned_from, late = 12, delay // WEEK
    clean = follow(policy, age, delay=delay)
    poisoned = follow(policy, lambda made, at: age(made, at) if at < poisoned_from else 5000.0, delay=delay)
    first_known = poisoned_from + late + 1  # the period that begins when a poisoned one's labels are known
    assert clean.serving[:first_known] == poisoned.serving[:first_known]
