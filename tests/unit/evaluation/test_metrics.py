"""Point values of the metrics."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from builders.judgements import make_labels, make_scores
from ratchet.config.performance import MetricsOf
from ratchet.evaluation.metrics import choose_classes, is_defined, is_loss, measure

LABELS = make_labels(60)
SCORES = make_scores(LABELS)


@pytest.mark.parametrize(("metric", "loss"), [("log_loss", True), ("brier", True), ("rmse", True), ("mae", True)])
def test_losses_are_losses(metric, loss):
    assert is_loss(metric) is loss


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "accuracy"])
def test_the_others_are_not(metric):
    assert not is_loss(metric)


@pytest.mark.parametrize("metric", sorted({name for names in MetricsOf.values() for name in names}))
def test_every_metric_of_the_config_can_be_measured(metric):
    assert measure(metric, LABELS, SCORES) > 0


def test_values_are_those_of_scikit_learn():
    assert measure("roc_auc", LABELS, SCORES) == sklearn.roc_auc_score(LABELS, SCORES)
    assert measure("brier", LABELS, SCORES) == sklearn.brier_score_loss(LABELS, SCORES)
    assert measure("accuracy", LABELS, SCORES) == sklearn.accuracy_score(LABELS, SCORES > 0.5)


def test_a_class_without_rows_does_not_stop_a_multiclass_loss():
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    assert measure("log_loss", np.array([0.0, 1.0]), shares) == pytest.approx(-np.log([0.7, 0.8]).mean())
    assert measure("accuracy", np.array([0.0, 2.0]), shares) == 0.5


@pytest.mark.parametrize("metric", ["log_loss", "brier", "accuracy"])
def test_one_class_is_enough_for_a_mean_over_rows(metric):
    assert measure(metric, np.ones(3), np.array([0.9, 0.8, 0.7])) is not None


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_ranking_of_one_class_has_no_figure(metric, label):
    assert measure(metric, np.full(3, label), np.array([0.9, 0.8, 0.7])) is None
    assert not is_defined(metric, np.full(3, label))


def test_no_rows_have_no_figure():
    assert measure("rmse", np.empty(0), np.empty(0)) is None


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_prediction_that_is_no_number_has_no_figure(broken):
    assert measure("mae", np.zeros(2), np.array([1.0, broken])) is None


def test_a_figure_that_overflows_is_no_figure():
    with np.errstate(over="ignore"):
        assert measure("rmse", np.zeros(2), np.full(2, 1e200)) is None


def test_one_half_is_the_negative_class():
    assert choose_classes(np.array([0.5, 0.500001])).tolist() == [0, 1]
