"""Recipes: the windows that compete, what they are worth on folds, and which one is taken."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from builders.training import CLASSES, make_mixed_rows, make_spec, make_task_config
from ratchet.models.recipes import (
    accumulate_means,
    choose_setting,
    choose_trial,
    cut_fold_rows,
    list_windows,
    measure_recipe,
    settle,
    try_windows,
)
from ratchet.records.columns import TIME
from ratchet.records.modelling import TrainingWindow, Trial

EVERY = TrainingWindow()


def make_trial(*scores, rows=None, failure=None):
    return Trial(name="one", parameters="{}", window=TrainingWindow(rows=rows), scores=scores, failure=failure)


def make_known(task="binary", rows=600, **changes):
    config = make_task_config(task, **changes)
    frame = make_mixed_rows(task, rows)
    frame[TIME] = pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC")[::-1]
    return config, cut_fold_rows(config, frame, classes=CLASSES[task])


@pytest.mark.parametrize(
    ("rows", "sizes"), [(1_999, [None]), (2_000, [None, 1_000]), (9_000, [None, 4_500, 2_250, 1_125])]
)
def test_windows_are_the_halves_that_leave_enough_rows(rows, sizes):
    windows = list(list_windows(rows))
    assert windows[0] == EVERY
    assert [each.rows for each in windows if each.half_life is None] == sizes
    assert all(each.rows is None for each in windows if each.half_life)
    assert all(first.rows is None or first.rows > second.rows for first, second in pairwise(windows))


def test_the_first_that_is_as_good_as_the_best_is_taken():
    trials = (make_trial(-10, -11), make_trial(-7.1, -7.2, rows=50), make_trial(-7, -7.1, rows=25))
    assert choose_trial(trials, is_loss=True).window.rows == 50


def test_a_window_that_fails_is_passed_over_and_a_candidate_that_fails_is_lost():
    failed = make_trial(rows=50, failure="one class only")
    assert choose_trial((make_trial(-3, -3), failed), is_loss=True).window == EVERY
    assert choose_trial((make_trial(failure="it diverged"), make_trial(-1, -1, rows=9)), is_loss=True).failure


@pytest.mark.parametrize(
    ("trusted", "others", "taken"),
    [
        (((0.80, 0.82),), ((0.81, 0.80),), 0),  # no surer than a coin
        (((0.80, 0.80, 0.80),), ((0.801, 0.802, 0.801),), 1),  # little, and sure
        (((0.70, 0.70), (0.80, 0.80)), ((0.79, 0.79),), 1),  # the YAML's is better than the champion's
        (((0.79, 0.81), (0.80, 0.81)), ((0.70, 0.70),), 0),  # the champion's is as good, and comes first
    ],
)
def test_settings_that_are_trusted_stay_unless_others_are_better_by_more_than_chance(trusted, others, taken):
    every = [make_trial(*each) for each in (*trusted, *others)]
    assert choose_setting(every[: len(trusted)], every[len(trusted) :]) is every[taken]


def test_a_recipe_is_given_up_after_the_first_fold_on_which_it_falls_behind():
    config, known = make_known()
    spec = make_spec(parameters={"C": 1e-4})
    whole = measure_recipe(spec, known, config, threads=1).trial
    assert len(whole.scores) == 5
    newest = accumulate_means(whole.scores)
    given_up = measure_recipe(spec, known, config, threads=1, floors=(newest[0], newest[1] + 1e-9, 9.0, 9.0, 9.0))
    assert given_up.trial.scores == whole.scores[-2:]
    assert given_up.trial.failure == "given up after the newest 2 of 5 blocks: others are better there"
    assert given_up.predictions == ()
    last = (*(-9.0 for _ in range(4)), 2.0)  # after the last one, it has been measured
    assert measure_recipe(spec, known, config, threads=1, floors=last).trial.scores == whole.scores


def test_windows_that_might_not_end_within_the_time_limit_are_not_begun(monkeypatch):
    config, known = make_known(rows=3_000, search={"folds": 1})
    clock = iter(range(0, 1_000, 7))
    monkeypatch.setattr("ratchet.models.recipes.time.monotonic", lambda: next(clock))
    few, all_of_them = (
        try_windows(make_spec(time_limit=limit), known, config, rows=2_400, threads=1).every for limit in ("60s", "1h")
    )
    assert [each.window for each in few] == [each.window for each in all_of_them][: len(few)]
    assert 1 <= len(few) < len(all_of_them) == 3


def test_rows_are_put_in_order_and_thinned_evenly_with_the_newest_one_kept():
    config, known = make_known(rows=1_000, search={"rows": 300})
    times = known.frame[TIME]
    assert times.is_monotonic_increasing
    assert (known.step, len(known.frame)) == (4, 250)
    assert times.iloc[-1] == pd.Timestamp("2026-02-11T15:00Z")
    trial = measure_recipe(make_spec(window=400, half_life=100), known, config, threads=1).trial
    assert trial.window == TrainingWindow(rows=400, half_life=100)
    assert len(trial.scores) == len(known.folds)


def test_a_window_is_measured_on_its_own_rows_alone():
    """The older half says the opposite: a window of the newer half is right, all rows are a coin."""
    config, _ = make_known()
    rows = 2_000
    rng = np.random.default_rng(1)
    frame = make_mixed_rows("binary", rows)
    frame["amount"] = rng.normal(size=rows)
    frame["bought"] = (frame["amount"] > 0).astype(np.int8)
    frame.loc[: rows // 2 - 1, "bought"] = 1 - frame["bought"]
    frame[TIME] = pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC")
    known = cut_fold_rows(config, frame, classes=CLASSES["binary"])
    newest, every = (measure_recipe(make_spec(window=window), known, config, threads=1).trial for window in (200, None))
    assert min(newest.scores) > 0.95
    assert max(every.scores[:2]) < 0.6


def test_a_block_that_no_known_row_teaches_a_class_of_can_not_judge():
    config = make_task_config("multiclass")
    frame = make_mixed_rows("multiclass", 300)
    frame[TIME] = pd.date_range("2026-01-01", periods=300, freq="h", tz="UTC")
    frame["bought"] = np.where(np.arange(300) < 200, np.where(np.arange(300) % 2, "a", "b"), frame["bought"])
    assert len(cut_fold_rows(config, frame, classes=CLASSES["multiclass"]).folds) < config.search.folds


def test_predictions_that_are_no_numbers_lose_the_recipe(monkeypatch):
    config, known = make_known()
    monkeypatch.setattr("ratchet.models.recipes.score_rows", lambda *_: np.full(1, np.nan))
    measured = measure_recipe(make_spec(), known, config, threads=1)
    assert measured.trial.failure == "it predicts values that are not finite numbers"
    assert measured.trial.scores == measured.predictions == ()


def test_a_record_settles_what_a_candidate_is():
    config = make_task_config("binary", candidates=[make_spec(name="one"), make_spec(name="two")])
    found = Trial(name="two", parameters='{"C": 0.5}', window=TrainingWindow(rows=80, half_life=9))
    one, two = settle(config, [found]).candidates
    assert one == config.candidates[0]
    assert (two.parameters, two.window, two.half_life) == ({"C": 0.5}, 80, 9)
