"""The trivial baseline: what a model that looks at no feature would predict, from the labels of train alone."""

import numpy as np

from ratchet.config.model import Task
from ratchet.evaluation.metrics import Floats


def predict_baseline(
    metric: str, train_labels: Floats, *, classes: int, rows: int, quantile: float = 0.5, task: Task = "binary"
) -> Floats:
    """Return the same prediction for every row: the classes' shares, a quantile, or the mean.

    Each is the best constant by the metric: for pinball the quantile it is the loss of, for mae and mape the median
    (for mape nearly so), for any other the mean.

    Args:
        metric: the primary metric; it decides what the best constant is.
        train_labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        rows: how many rows to predict.
        quantile: what pinball is the loss of.
        task: the model's; multiclass gives every class a column, even where there are two of them.

    Raises:
        ValueError: there are no labels to learn from.
    """
    if not len(train_labels):
        raise ValueError("a baseline needs at least one row to learn from")
    if not classes:
        return np.full(rows, _best_constant(metric, train_labels, quantile))
    shares = np.bincount(train_labels.astype(np.intp), minlength=classes) / len(train_labels)
    return np.full(rows, shares[1]) if classes == 2 and task != "multiclass" else np.tile(shares, (rows, 1))


def _best_constant(metric: str, labels: Floats, quantile: float) -> float:
    if metric == "pinball":
        return float(np.quantile(labels, quantile))
    return float(np.median(labels) if metric in {"mae", "mape"} else np.mean(labels))
