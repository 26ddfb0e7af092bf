"""A model on a past holdout, against the figure that was reached there."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, root_mean_squared_error

from builders.subjects import make_sample, make_subject
from ratchet.evaluation.behaviour.past_holdouts import measure_against_floor


def test_a_ranking_is_compared_with_its_floor():
    sample, subject = make_sample(), make_subject()
    gain = measure_against_floor(sample, subject, 0.8, name="old")
    area = roc_auc_score(sample.labels, subject.score(sample.frame))
    assert (gain.slice, gain.opponent, gain.rows, gain.opponent_value) == ("old", "floor", 600, 0.8)
    assert (gain.challenger, gain.estimate) == (pytest.approx(area), pytest.approx(area - 0.8))
    assert gain.lower < gain.estimate < gain.upper


def test_a_loss_is_turned_so_that_positive_is_better():
    sample, subject = make_sample("regression"), make_subject("regression")
    error = root_mean_squared_error(sample.labels, subject.score(sample.frame))
    gain = measure_against_floor(sample, subject, error + 0.5, name="old")
    assert gain.estimate == pytest.approx(0.5)
    assert gain.lower > 0


def test_the_bounds_hold_the_truth_about_as_often_as_they_say():
    truth = measure_against_floor(make_sample(rows=40_000, seed=77), make_subject(), 0.0, name="all").estimate
    gains = [
        measure_against_floor(make_sample(rows=300, seed=seed), make_subject(), 0.0, name="") for seed in range(200)
    ]
    assert sum(gain.lower > truth for gain in gains) <= 7  # 1 % each: more happen once in 1,000
    assert sum(gain.upper < truth for gain in gains) <= 7


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_rows_of_one_class_have_no_figure(rows):
    sample = make_sample().take(np.arange(rows))
    sample.labels[:] = 0
    gain = measure_against_floor(sample, make_subject(), 0.8, name="old")
    assert gain.estimate is None
    assert gain.problem


def test_scores_that_are_no_numbers_are_a_problem():
    broken = make_subject("regression", lambda frame: np.full(len(frame), np.nan))
    gain = measure_against_floor(make_sample("regression"), broken, 1.0, name="old")
    assert (gain.estimate, gain.problem) == (None, "the rmse is not a finite number")


def test_a_single_row_has_no_bounds():
    gain = measure_against_floor(
        make_sample("regression").take(np.arange(1)), make_subject("regression"), 1.0, name="old"
    )
    assert gain.lower is None
    assert gain.problem == "the 1 rows make fewer than 2 rows to draw from"
