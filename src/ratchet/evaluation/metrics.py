"""Point values of the metrics, by scikit-learn, and which way each one is read.

Predictions are the probability of the positive class (binary, one number a row), the probability of every class
(multiclass, one column a class) or the value itself (regression). Labels are class codes from 0, or values.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    roc_auc_score,
    root_mean_squared_error,
)

Floats = NDArray[np.float64]
LOSSES = frozenset({"log_loss", "brier", "rmse", "mae"})
RANKINGS = frozenset({"roc_auc", "average_precision"})
DECIDED: frozenset[str] = frozenset()


def is_loss(metric: str) -> bool:
    """Tell whether a smaller figure is the better one."""
    return metric in LOSSES


def is_decided(metric: str) -> bool:
    """Tell whether a metric looks at decisions, not at scores."""
    return metric in DECIDED


def measure(metric: str, labels: Floats, predictions: Floats) -> float | None:
    """Measure one figure as the metric is usually read; None where it is not defined or not a finite number."""
    if not is_defined(metric, labels) or not np.isfinite(predictions).all():
        return None
    value = float(_MEASURES[metric](labels, predictions))
    return value if np.isfinite(value) else None


def is_defined(metric: str, labels: Floats) -> bool:
    """Tell whether there are rows and, for a ranking, rows of both classes."""
    return len(labels) > 0 and (metric not in RANKINGS or len(np.unique(labels)) > 1)


def choose_classes(predictions: Floats) -> NDArray[np.intp]:
    """Return the most probable class of each row; at one half the negative one, as scikit-learn's `predict` does."""
    best = predictions > 0.5 if predictions.ndim == 1 else np.argmax(predictions, axis=1)
    return np.asarray(best, dtype=np.intp)


def _log_loss(labels: Floats, predictions: Floats) -> float:
    classes = 2 if predictions.ndim == 1 else predictions.shape[1]
    return float(log_loss(labels, predictions, labels=list(range(classes))))


_MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "log_loss": _log_loss,
    "brier": lambda labels, predictions: brier_score_loss(labels, predictions, labels=[0, 1]),
    "accuracy": lambda labels, predictions: accuracy_score(labels, choose_classes(predictions)),
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
}
