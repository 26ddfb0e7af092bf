"""The influence of rows predicts the spread of a figure."""

import numpy as np
import pytest

from builders.judgements import make_labels, make_plan, make_scores
from ratchet.evaluation.influence import influence_of
from ratchet.evaluation.resampling import draw_weights
from ratchet.evaluation.weighted import prepare

LABELS = make_labels(500)
SCORES = make_scores(LABELS)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier", "accuracy", "rmse", "mae"])
def test_the_spread_of_a_figure_is_that_of_the_mean_influence(metric):
    influence = influence_of(metric, LABELS, SCORES)
    measure = prepare(metric, LABELS, SCORES)
    figures = np.concatenate([measure(weights) for weights in draw_weights(make_plan(500, draws=2000))])
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert influence.std() / np.sqrt(500) == pytest.approx(figures.std(), rel=0.08)


def test_perfect_predictions_have_no_influence():
    assert not influence_of("rmse", np.zeros(5), np.zeros(5)).any()


def test_average_precision_borrows_that_of_roc_auc():
    one, other = (influence_of(metric, LABELS, SCORES) for metric in ("average_precision", "roc_auc"))
    np.testing.assert_array_equal(one, other)
