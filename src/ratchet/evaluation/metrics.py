"""Point values of the metrics, by scikit-learn, and which way each one is read.

Predictions are the probability of the positive class (binary, one number a row), the probability of every class
(multiclass, one column a class), the value itself (regression) or, for a metric in `DECIDED`, the class that a row is
decided for. Labels are class codes from 0, or values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from ratchet.config.judging import EvaluationPlan
from ratchet.config.performance import LOSSES

Floats = NDArray[np.float64]
RANKINGS = frozenset({"roc_auc", "average_precision"})
AREAS = frozenset({"roc_auc", "roc_auc_macro", "roc_auc_weighted"})
DECIDED = frozenset(
    {"accuracy", "f1", "precision", "recall", "f1_macro", "f1_weighted", "precision_macro", "recall_macro"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOptions:
    """What some metrics need beside labels and predictions.

    Attributes:
        top: share of rows that precision_at_k looks at.
        quantile: what pinball is the loss of.
    """

    top: float = 0.1
    quantile: float = 0.5


DEFAULT_OPTIONS = MetricOptions()


def read_options(plan: EvaluationPlan) -> MetricOptions:
    """Read what the YAML says about metrics that have an option."""
    return MetricOptions(top=plan.top, quantile=plan.quantile)


def is_loss(metric: str) -> bool:
    """Tell whether a smaller figure is the better one."""
    return metric in LOSSES


def is_decided(metric: str) -> bool:
    """Tell whether a metric looks at decisions, not at scores."""
    return metric in DECIDED


def measure(metric: str, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> float | None:
    """Measure one figure as the metric is usually read; None where it is not defined or not a finite number."""
    if not is_defined(metric, labels, predictions) or not np.isfinite(predictions).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # a figure that overflows is no figure, and says so below
        value = float(_MEASURES[metric](labels, predictions, options))
    return value if np.isfinite(value) else None


def is_defined(metric: str, labels: Floats, predictions: Floats) -> bool:
    """Tell whether a metric has a figure on these rows."""
    return explain_undefined(metric, labels, predictions) is None


def explain_undefined(metric: str, labels: Floats, predictions: Floats) -> str | None:
    """Return why a metric has no figure on these rows, one sentence; None when it has one."""
    if not len(labels):
        return "no rows in the holdout"
    if lost := int(np.count_nonzero(~np.isfinite(labels))):
        return f"{metric} is not defined: {lost:,} labels are not finite numbers"
    why = _OBSTACLES.get(metric, _find_none)(labels, predictions)
    return f"{metric} is not defined: {why}" if why else None


def explain_lost(name: str, predictions: Floats) -> str | None:
    """Return how many predictions of a model are no finite numbers, one sentence; None when all are."""
    lost = int(np.count_nonzero(~np.isfinite(predictions)))
    return f"{lost:,} predictions of the {name} are not finite numbers" if lost else None


def choose_classes(predictions: Floats) -> NDArray[np.intp]:
    """Return the most probable class of each row; at one half the negative one, as scikit-learn's `predict` does.

    Classes that were chosen before, as codes, stay as they are.
    """
    best = np.ceil(predictions - 0.5) if predictions.ndim == 1 else np.argmax(predictions, axis=1)
    return np.asarray(best, dtype=np.intp)


def share_top(scores: Floats, labels: Floats, top: float) -> float:
    """Return the share of positives among the `top` share of rows with the best scores; rows level at the cut share."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) + 1
    positives = np.cumsum(labels[order] == 1)[ends - 1]
    wanted = top * len(labels)
    return float(np.interp(wanted, np.append(0, ends), np.append(0, positives)) / wanted)


def _find_none(_labels: Floats, _predictions: Floats) -> str | None:
    return None


def _find_one_class(labels: Floats, _predictions: Floats) -> str | None:
    return f"all {len(labels):,} rows are of one class" if (labels == labels[0]).all() else None


def _find_no_positive(labels: Floats, _predictions: Floats) -> str | None:
    return None if (labels == 1).any() else f"none of {len(labels):,} rows is positive"


def _find_no_decided(labels: Floats, predictions: Floats) -> str | None:
    return None if (predictions > 0.5).any() else f"none of {len(labels):,} rows is decided for the positive class"


def _find_neither(labels: Floats, predictions: Floats) -> str | None:
    return _find_no_positive(labels, predictions) and _find_no_decided(labels, predictions)


def _find_lone_column(_labels: Floats, predictions: Floats) -> str | None:
    return "there is one class only" if predictions.ndim > 1 and predictions.shape[1] < 2 else None


def _find_zeros(labels: Floats, _predictions: Floats) -> str | None:
    zeros = int(np.count_nonzero(labels == 0))
    return f"{zeros:,} of {len(labels):,} labels are zero" if zeros else None


def _find_constant(labels: Floats, _predictions: Floats) -> str | None:
    return f"all {len(labels):,} labels are the same" if (labels == labels[0]).all() else None


def _log_loss(labels: Floats, predictions: Floats) -> float:
    classes = 2 if predictions.ndim == 1 else predictions.shape[1]
    return float(log_loss(labels, predictions, labels=list(range(classes))))


def _mean_area(labels: Floats, predictions: Floats, *, by_rows: bool) -> float:
    """Take each class against all others; classes without rows have no area and no part."""
    present, counts = np.unique(labels.astype(np.intp), return_counts=True)
    areas = [roc_auc_score(labels == code, predictions[:, code]) for code in present]
    return float(np.average(areas, weights=counts if by_rows else None))


def _recall_macro(labels: Floats, predictions: Floats) -> float:
    """Average over the classes that there are: balanced accuracy."""
    return float(recall_score(labels, choose_classes(predictions), labels=np.unique(labels), average="macro"))


def _count_right(score: Callable[..., float], **settings: object) -> "Measure":
    return lambda labels, predictions, _options: score(labels, choose_classes(predictions), **settings)


def _read(score: Callable[..., float], **settings: object) -> "Measure":
    return lambda labels, predictions, _options: score(labels, predictions, **settings)


Measure = Callable[[Floats, Floats, MetricOptions], float]
_MEASURES: dict[str, Measure] = {
    "roc_auc": _read(roc_auc_score),
    "average_precision": _read(average_precision_score),
    "log_loss": _read(_log_loss),
    "brier": _read(brier_score_loss, labels=[0, 1]),
    "f1": _count_right(f1_score),
    "precision": _count_right(precision_score),
    "recall": _count_right(recall_score),
    "accuracy": _count_right(accuracy_score),
    "precision_at_k": lambda labels, predictions, options: share_top(predictions, labels, options.top),
    "f1_macro": _count_right(f1_score, average="macro", zero_division=0.0),
    "f1_weighted": _count_right(f1_score, average="weighted", zero_division=0.0),
    "precision_macro": _count_right(precision_score, average="macro", zero_division=0.0),
    "recall_macro": _read(_recall_macro),
    "roc_auc_macro": _read(_mean_area, by_rows=False),
    "roc_auc_weighted": _read(_mean_area, by_rows=True),
    "rmse": _read(root_mean_squared_error),
    "mae": _read(mean_absolute_error),
    "mape": _read(mean_absolute_percentage_error),
    "r2": _read(r2_score),
    "pinball": lambda labels, predictions, options: mean_pinball_loss(labels, predictions, alpha=options.quantile),
}
_OBSTACLES: dict[str, Callable[[Floats, Floats], str | None]] = {
    "roc_auc": _find_one_class,
    "average_precision": _find_one_class,
    "roc_auc_macro": _find_one_class,
    "roc_auc_weighted": _find_one_class,
    "log_loss": _find_lone_column,
    "f1": _find_neither,
    "precision": _find_no_decided,
    "recall": _find_no_positive,
    "mape": _find_zeros,
    "r2": _find_constant,
}
