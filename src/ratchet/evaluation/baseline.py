"""The trivial baseline: what a model that looks at no feature would predict, from the labels of train alone."""

import numpy as np

from ratchet.evaluation.metrics import Floats


def predict_baseline(metric: str, train_labels: Floats, *, classes: int, rows: int) -> Floats:
    """Return the same prediction for every row: the classes' shares, the median for mae, else the mean.

    Args:
        metric: the primary metric; it decides what the best constant is.
        train_labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        rows: how many rows to predict.

    Raises:
        ValueError: there are no labels to learn from.
    """
    if not len(train_labels):
        raise ValueError("a baseline needs at least one row to learn from")
    if not classes:
        constant = np.median(train_labels) if metric == "mae" else np.mean(train_labels)
        return np.full(rows, float(constant))
    shares = np.bincount(train_labels.astype(np.intp), minlength=classes) / len(train_labels)
    return np.full(rows, shares[1]) if classes == 2 else np.tile(shares, (rows, 1))
