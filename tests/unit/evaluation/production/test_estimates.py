"""What a metric may be before labels come."""

import numpy as np
import pytest

from builders.matured import PLAN, make_judged
from ratchet.evaluation.production.estimates import Confidence, estimate, judge_estimate
from ratchet.evaluation.production.figures import Judged, measure_value

EMPTY = make_judged([], [])


def draw_window(seed: int, rows: int = 3000, *, sign: float = 1.0, wrong: float = 1.0) -> Judged:
    """Rows whose scores are right, but for being taken to a power."""
    chance = np.random.default_rng(seed)
    truth = chance.uniform(size=rows)
    labels = chance.uniform(size=rows) < (truth if sign > 0 else 1 - truth)
    return make_judged(labels.astype(float), truth**wrong, days=7)


WINDOWS = [draw_window(seed) for seed in range(4)]


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "f1", "accuracy", "average_precision", "precision_at_k"])
def test_scores_that_are_right_tell_the_figure_without_labels(metric):
    rows = draw_window(9)
    told = estimate(metric, rows.rows, Confidence(EMPTY, PLAN))
    assert told == pytest.approx(measure_value(metric, rows, PLAN), abs=0.025)


def test_scores_that_are_wrong_are_put_right_by_labels_of_the_baseline():
    rows = draw_window(9, wrong=3.0).rows
    believed = estimate("roc_auc", rows, Confidence(EMPTY, PLAN))
    told = estimate("roc_auc", rows, Confidence(draw_window(8, wrong=3.0), PLAN))
    assert told == pytest.approx(5 / 6, abs=0.02)  # what even probabilities from 0 to 1 can reach
    assert believed > told + 0.03


def test_an_estimate_that_labels_bear_out_says_so():
    found = judge_estimate("roc_auc", draw_window(9).rows, Confidence(WINDOWS[0], PLAN), WINDOWS, PLAN)
    assert (found.confirmed, found.checked) == (True, 4)
    assert found.error < 0.02


def test_an_estimate_that_the_latest_labels_refute_says_so():
    flipped = draw_window(10, sign=-1)
    found = judge_estimate("roc_auc", draw_window(9).rows, Confidence(WINDOWS[0], PLAN), [*WINDOWS, flipped], PLAN)
    assert found.confirmed is False
    assert found.value == pytest.approx(0.83, abs=0.03)  # it can't see it by itself


def test_without_earlier_windows_nothing_bears_it_out():
    found = judge_estimate("roc_auc", draw_window(9).rows, Confidence(EMPTY, PLAN), [], PLAN)
    assert (found.confirmed, found.checked, found.error) == (None, 0, None)


def test_several_classes_are_estimated():
    scores = np.random.default_rng(1).dirichlet([1, 1, 1], 3000)
    codes = (np.random.default_rng(2).uniform(size=3000)[:, None] > np.cumsum(scores, axis=1)).sum(axis=1).clip(max=2)
    rows = make_judged(codes, scores, decisions=scores.argmax(axis=1))
    for metric in ("log_loss", "accuracy", "roc_auc_macro"):
        told = estimate(metric, rows.rows, Confidence(EMPTY, PLAN))
        assert told == pytest.approx(measure_value(metric, rows, PLAN), abs=0.03)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (draw_window(1, 20), "20 predictions are too few"),
        (make_judged([0.0] * 60, [np.nan] * 60), "can't be estimated"),
    ],
)
def test_what_can_not_be_told_has_a_problem(rows, words):
    found = judge_estimate("roc_auc", rows.rows, Confidence(EMPTY, PLAN), [], PLAN)
    assert found.value is None
    assert words in found.problem
