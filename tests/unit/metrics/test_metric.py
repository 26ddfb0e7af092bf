"""Metrics of many resamples at once are those of scikit-learn on the rows that were drawn."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from builders.judgements import make_labels, make_scores
from ratchet.errors import ConfigError
from ratchet.metrics.metric import MetricOptions
from ratchet.metrics.registry import DEFAULT_METRIC, find_metric, metrics_of

LABELS = make_labels(80)
SCORES = make_scores(LABELS)
WEIGHTS = np.random.default_rng(2).poisson(1, (25, 80)).astype(float)
SHARES = np.random.default_rng(3).dirichlet([1, 1, 1], 80)
CODES = np.random.default_rng(4).integers(0, 3, 80).astype(float)
TRUTH = np.random.default_rng(5).normal(10, 3, 80)
GUESSES = TRUTH + np.random.default_rng(6).normal(size=80)
OPTIONS = MetricOptions(top=0.25, quantile=0.8)
PEERS = {
    "roc_auc": sklearn.roc_auc_score,
    "average_precision": sklearn.average_precision_score,
    "log_loss": sklearn.log_loss,
    "brier": sklearn.brier_score_loss,
    "rmse": sklearn.root_mean_squared_error,
    "mae": sklearn.mean_absolute_error,
    "r2": sklearn.r2_score,
}
CASES = {
    "binary": {"distinct": SCORES, "ties": SCORES.round(1), "constant": np.full(80, 0.6)},
    "multiclass": {"distinct": SHARES, "one class": np.tile([0.2, 0.5, 0.3], (80, 1))},
    "regression": {"distinct": GUESSES, "constant": np.full(80, 10.0)},
}
TRUTHS = {"binary": LABELS, "multiclass": CODES, "regression": TRUTH}


@pytest.mark.parametrize("metric", sorted(PEERS))
@pytest.mark.parametrize("scores", [SCORES, SCORES.round(1), np.full(80, 0.4)], ids=["distinct", "ties", "constant"])
def test_weighted_figures_are_exact(metric, scores):
    figures = find_metric(metric).prepare(LABELS, scores)(WEIGHTS)
    expected = [PEERS[metric](LABELS, scores, sample_weight=weights) for weights in WEIGHTS]
    np.testing.assert_allclose(figures, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("task", "metric", "kind"),
    [(task, metric, kind) for task in DEFAULT_METRIC for metric in metrics_of(task) for kind in CASES[task]],
)
def test_a_weight_is_a_row_repeated(task, metric, kind):
    labels, predictions = TRUTHS[task], CASES[task][kind]
    times = WEIGHTS.astype(int)
    expected = [
        find_metric(metric).measure(labels.repeat(each), predictions.repeat(each, axis=0), OPTIONS) for each in times
    ]
    np.testing.assert_allclose(find_metric(metric).prepare(labels, predictions, OPTIONS)(WEIGHTS), expected, rtol=1e-9)


def test_a_certain_mistake_costs_what_scikit_learn_says():
    labels, sure = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    assert find_metric("log_loss").prepare(labels, sure)(np.ones((1, 2)))[0] == pytest.approx(
        find_metric("log_loss").measure(labels, sure)
    )


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("kept", [0, 1])
def test_a_draw_of_one_class_has_no_figure(metric, kept):
    assert np.isnan(find_metric(metric).prepare(LABELS, SCORES)((kept == LABELS)[None, :].astype(float))).all()


def test_a_draw_without_a_class_averages_the_others():
    kept = (CODES != 2).astype(float)[None, :]
    figure = find_metric("roc_auc_macro").prepare(CODES, SHARES)(kept)[0]
    rows = kept[0] > 0
    assert figure == pytest.approx(find_metric("roc_auc_macro").measure(CODES[rows], SHARES[rows]))


def test_a_draw_that_decides_for_nobody_has_no_precision():
    decided = (np.arange(80) < 5).astype(float)
    assert np.isnan(
        find_metric("precision").prepare(LABELS, decided)((np.arange(80) >= 5)[None, :].astype(float))
    ).all()


def test_an_unknown_metric_is_refused():
    with pytest.raises(ConfigError, match="no metric 'gini'"):
        find_metric("gini").prepare(LABELS, SCORES)
