"""The trivial baseline."""

import numpy as np
import pytest

from ratchet.evaluation.comparison import predict_baseline
from ratchet.metrics.metric import MetricOptions


def test_binary_is_the_share_of_the_positive_class():
    assert predict_baseline("roc_auc", np.array([0, 0, 0, 1.0]), classes=2, rows=3).tolist() == [0.25] * 3


def test_a_class_that_train_does_not_have_gets_nothing():
    assert predict_baseline("log_loss", np.array([0, 0, 2.0, 2.0]), classes=3, rows=2).tolist() == [[0.5, 0, 0.5]] * 2
    assert predict_baseline("log_loss", np.zeros(4), classes=2, rows=1).tolist() == [0.0]


@pytest.mark.parametrize(("metric", "value"), [("rmse", 4.0), ("mae", 2.0)])
def test_regression_is_the_best_constant_for_the_metric(metric, value):
    assert predict_baseline(metric, np.array([1.0, 2.0, 9.0]), classes=0, rows=2).tolist() == [value] * 2


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        predict_baseline("rmse", np.empty(0), classes=0, rows=2)


@pytest.mark.parametrize(("metric", "constant"), [("rmse", 3.0), ("mae", 2.0), ("mape", 2.0), ("pinball", 4.8)])
def test_the_constant_is_the_best_by_its_metric(metric, constant):
    labels = np.array([1.0, 2.0, 6.0])
    assert predict_baseline(metric, labels, classes=0, rows=2, options=MetricOptions(quantile=0.85)) == pytest.approx(
        [constant] * 2
    )


def test_two_classes_of_a_multiclass_task_have_a_column_each():
    shares = predict_baseline("log_loss", np.array([0.0, 1.0, 1.0, 1.0]), classes=2, rows=3, task="multiclass")
    assert shares.tolist() == [[0.25, 0.75]] * 3
