"""Metrics of many resamples at once are those of scikit-learn with sample weights."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from builders.judgements import make_labels, make_scores
from ratchet.evaluation.metrics import measure
from ratchet.evaluation.weighted import prepare

LABELS = make_labels(80)
SCORES = make_scores(LABELS)
WEIGHTS = np.random.default_rng(2).poisson(1, (25, 80)).astype(float)
SHARES = np.random.default_rng(3).dirichlet([1, 1, 1], 80)
CODES = np.random.default_rng(4).integers(0, 3, 80).astype(float)
PEERS = {
    "roc_auc": sklearn.roc_auc_score,
    "average_precision": sklearn.average_precision_score,
    "log_loss": sklearn.log_loss,
    "brier": sklearn.brier_score_loss,
    "rmse": sklearn.root_mean_squared_error,
    "mae": sklearn.mean_absolute_error,
}


@pytest.mark.parametrize("metric", sorted(PEERS))
@pytest.mark.parametrize("scores", [SCORES, SCORES.round(1), np.full(80, 0.4)], ids=["distinct", "ties", "constant"])
def test_weighted_figures_are_exact(metric, scores):
    figures = prepare(metric, LABELS, scores)(WEIGHTS)
    expected = [PEERS[metric](LABELS, scores, sample_weight=weights) for weights in WEIGHTS]
    np.testing.assert_allclose(figures, expected, rtol=1e-12)


def test_accuracy_is_exact():
    expected = [sklearn.accuracy_score(LABELS, SCORES > 0.5, sample_weight=weights) for weights in WEIGHTS]
    np.testing.assert_allclose(prepare("accuracy", LABELS, SCORES)(WEIGHTS), expected)


def test_multiclass_is_exact():
    expected = [sklearn.log_loss(CODES, SHARES, sample_weight=weights) for weights in WEIGHTS]
    np.testing.assert_allclose(prepare("log_loss", CODES, SHARES)(WEIGHTS), expected)
    hits = [sklearn.accuracy_score(CODES, SHARES.argmax(axis=1), sample_weight=weights) for weights in WEIGHTS]
    np.testing.assert_allclose(prepare("accuracy", CODES, SHARES)(WEIGHTS), hits)


def test_a_certain_mistake_costs_what_scikit_learn_says():
    labels, sure = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    assert prepare("log_loss", labels, sure)(np.ones((1, 2)))[0] == pytest.approx(measure("log_loss", labels, sure))


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("kept", [0, 1])
def test_a_draw_of_one_class_has_no_figure(metric, kept):
    assert np.isnan(prepare(metric, LABELS, SCORES)((kept == LABELS)[None, :].astype(float))).all()
