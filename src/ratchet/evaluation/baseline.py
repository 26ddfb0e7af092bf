"""The trivial baseline: what a model that looks at no feature would predict, from the labels of train alone."""

import numpy as np

from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions, Task
from ratchet.metrics.registry import find_metric


def predict_baseline(
    metric: str,
    train_labels: Floats,
    *,
    classes: int,
    rows: int,
    options: MetricOptions = DEFAULT_OPTIONS,
    task: Task = "binary",
) -> Floats:
    """Return the same prediction for every row: the classes' shares, a quantile, or the mean.

    For regression it is the metric's best constant.

    Args:
        metric: the primary metric; it decides what the best constant is.
        train_labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        rows: how many rows to predict.
        options: what some metrics need.
        task: the model's; multiclass gives every class a column, even where there are two of them.

    Raises:
        ValueError: there are no labels to learn from.
    """
    if not len(train_labels):
        raise ValueError("a baseline needs at least one row to learn from")
    if not classes:
        return np.full(rows, find_metric(metric).best_constant(train_labels, options))
    shares = np.bincount(train_labels.astype(np.intp), minlength=classes) / len(train_labels)
    return np.full(rows, shares[1]) if classes == 2 and task != "multiclass" else np.tile(shares, (rows, 1))
