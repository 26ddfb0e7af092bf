"""The influence of rows predicts the spread of a figure."""

import numpy as np
import pytest

from builders.judgements import make_labels, make_plan, make_scores
from ratchet.errors import ConfigError
from ratchet.evaluation.resampling import draw_weights
from ratchet.metrics.registry import DEFAULT_METRIC, find_metric, metrics_of

LABELS = make_labels(500)
SCORES = make_scores(LABELS)


CODES = np.random.default_rng(4).integers(0, 3, 500).astype(float)
SHARES = np.random.default_rng(3).dirichlet([1, 1, 1], 500)
SHARES[np.arange(500), CODES.astype(int)] += 0.5
TRUTH = np.random.default_rng(5).normal(10, 3, 500)
GUESSES = TRUTH + np.random.default_rng(6).normal(size=500)
CASES = {"binary": (LABELS, SCORES), "multiclass": (CODES, SHARES / 1.5), "regression": (TRUTH, GUESSES)}


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in DEFAULT_METRIC for metric in metrics_of(task)])
def test_the_spread_of_a_figure_is_that_of_the_mean_influence(task, metric):
    influence = find_metric(metric).find_influence(*CASES[task])
    measure = find_metric(metric).prepare(*CASES[task])
    figures = np.concatenate([measure(weights) for weights in draw_weights(make_plan(500, draws=2000))])
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert influence.std() / np.sqrt(500) == pytest.approx(figures.std(), rel=0.08)


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in DEFAULT_METRIC for metric in metrics_of(task)])
def test_rows_that_count_more_than_once_spread_the_figure_more(task, metric):
    weights = 1 + 3 * (np.arange(500) % 5 == 0)
    influence = (
        find_metric(metric).find_influence(*CASES[task], weights=weights.astype(float)) * weights / weights.mean()
    )
    measure = find_metric(metric).prepare(*CASES[task])
    figures = np.concatenate([measure(drawn * weights) for drawn in draw_weights(make_plan(500, draws=2000))])
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert influence.std() / np.sqrt(500) == pytest.approx(figures.std(), rel=0.12)


def test_ties_share_their_place():
    influence = find_metric("average_precision").find_influence(LABELS, SCORES.round(1))
    measure = find_metric("average_precision").prepare(LABELS, SCORES.round(1))
    figures = np.concatenate([measure(weights) for weights in draw_weights(make_plan(500, draws=2000))])
    assert influence.std() / np.sqrt(500) == pytest.approx(figures.std(), rel=0.08)


def test_the_placements_have_the_variance_of_delong():
    """The sample variances of the placements over their numbers, from the definition, pair by pair."""
    positives, negatives = SCORES[LABELS == 1], SCORES[LABELS == 0]
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    of_positives, of_negatives = wins.mean(axis=1), wins.mean(axis=0)
    expected = of_positives.var(ddof=1) / len(positives) + of_negatives.var(ddof=1) / len(negatives)
    influence = find_metric("roc_auc").find_influence(LABELS, SCORES)
    assert (influence**2).sum() / 500**2 == pytest.approx(expected)


def test_perfect_predictions_have_no_influence():
    assert not find_metric("rmse").find_influence(np.zeros(5), np.zeros(5)).any()


def test_an_unknown_metric_is_refused():
    with pytest.raises(ConfigError, match="no metric 'gini'"):
        find_metric("gini").find_influence(LABELS, SCORES)
