"""Metrics that are made of sums over rows."""

import numpy as np
import pytest

from builders.judgements import make_labels, make_scores
from ratchet.metrics.decomposed import divide
from ratchet.metrics.registry import find_metric

LABELS = make_labels(200)
SCORES = make_scores(LABELS)
CODES = np.random.default_rng(4).integers(0, 4, 200).astype(float)
CHOSEN = np.where(np.arange(200) % 3, CODES, 1.0)


@pytest.mark.parametrize("metric", ["log_loss", "brier", "accuracy", "f1", "precision", "recall", "rmse", "r2"])
def test_the_sum_over_all_rows_gives_the_figure(metric):
    sums = find_metric(metric).decompose(LABELS, SCORES)
    figure = sums.combine(sums.columns.sum(axis=0, keepdims=True))[0]
    assert figure == pytest.approx(find_metric(metric).measure(LABELS, SCORES))


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "precision_at_k"])
def test_a_ranking_is_not_made_of_sums(metric):
    assert find_metric(metric).decompose(LABELS, SCORES) is None


@pytest.mark.parametrize("metric", ["f1", "precision", "log_loss", "r2", "rmse"])
def test_the_influence_is_what_one_row_more_moves(metric):
    sums = find_metric(metric).decompose(LABELS, SCORES)
    weights = np.ones((1, 200))
    whole = sums.combine(weights @ sums.columns)[0]
    weights[0, 7] += 1e-4
    moved = (sums.combine(weights @ sums.columns)[0] - whole) * 200 / 1e-4
    assert sums.find_influence()[7] == pytest.approx(moved, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("metric", ["f1_macro", "f1_weighted", "precision_macro", "recall_macro"])
def test_a_class_that_nothing_is_decided_for_moves_something_finite(metric):
    influence = find_metric(metric).decompose(CODES, np.ones(200)).find_influence()
    assert np.isfinite(influence).all()
    assert influence.any()


def test_perfect_predictions_have_no_influence():
    assert not find_metric("rmse").decompose(np.zeros(5), np.zeros(5)).find_influence().any()


def test_a_certain_mistake_is_clipped():
    sums = find_metric("log_loss").decompose(np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    assert np.isfinite(sums.columns).all()


def test_nothing_to_divide_by_is_no_figure():
    assert np.isnan(divide(np.array([1.0]), np.array([0.0]))).all()


def test_a_resample_of_one_label_has_no_r2():
    sums = find_metric("r2").decompose(np.array([1.0, 1.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    weights = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    assert np.isnan(sums.combine(weights @ sums.columns)).tolist() == [True, False]
