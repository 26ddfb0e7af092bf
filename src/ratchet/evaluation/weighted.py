"""The same metrics for many resamples at once: rows counted as often as they were drawn.

A resample is a row of `weights`, one count for each row of the holdout; a figure comes back for each resample,
NaN where a resample has no figure because it drew one class only.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.metrics import Floats, choose_classes

Weights = NDArray[np.float64]
Measure = Callable[[Weights], Floats]  # weights of (resamples, rows) -> a figure for each resample


def prepare(metric: str, labels: Floats, predictions: Floats) -> Measure:
    """Do once what does not change between resamples, such as sorting, and return the rest as a function."""
    if metric == "roc_auc":
        return _prepare_roc_auc(labels, predictions)
    if metric == "average_precision":
        return _prepare_average_precision(labels, predictions)
    each = measure_rows(metric, labels, predictions)
    if metric == "rmse":
        return lambda weights: np.sqrt(weights @ each / weights.sum(axis=1))
    return lambda weights: weights @ each / weights.sum(axis=1)


def measure_rows(metric: str, labels: Floats, predictions: Floats) -> Floats:
    """Return each row's part of a metric that is a mean over rows; for rmse, that of its square."""
    if metric == "log_loss":
        return _row_log_loss(labels, predictions)
    if metric == "accuracy":
        return np.asarray(choose_classes(predictions) == labels, dtype=np.float64)
    error: Floats = np.abs(predictions - labels)
    return error if metric == "mae" else error**2


def _row_log_loss(labels: Floats, predictions: Floats) -> Floats:
    tiny = np.finfo(predictions.dtype).eps  # the clipping of sklearn.metrics.log_loss
    if predictions.ndim == 1:
        of_truth = np.where(labels == 1, predictions, 1 - predictions)
    else:
        of_truth = predictions[np.arange(len(labels)), labels.astype(np.intp)]
    loss: Floats = -np.log(np.clip(of_truth, tiny, 1 - tiny))
    return loss


def _prepare_roc_auc(labels: Floats, predictions: Floats) -> Measure:
    """Count, for each positive, the negatives drawn below it and half of those level with it."""
    negatives, positives = (np.flatnonzero(labels == code) for code in (0, 1))
    negatives = negatives[np.argsort(predictions[negatives], kind="stable")]
    positives = positives[np.argsort(predictions[positives], kind="stable")]
    below = np.searchsorted(predictions[negatives], predictions[positives], side="left")
    up_to = np.searchsorted(predictions[negatives], predictions[positives], side="right")
    has_ties = bool((below != up_to).any())

    def measure(weights: Weights) -> Floats:
        counted = _running_total(weights[:, negatives])
        drawn = weights[:, positives]
        beaten = counted[:, below]
        if has_ties:
            beaten = (beaten + counted[:, up_to]) / 2
        pairs = drawn.sum(axis=1) * counted[:, -1]
        return _divide(np.einsum("ij,ij->i", drawn, beaten), pairs)

    return measure


def _prepare_average_precision(labels: Floats, predictions: Floats) -> Measure:
    """Take precision at each distinct score, weighed by the positives that it adds."""
    order = np.argsort(-predictions, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(predictions[order]) != 0, True)) + 1
    is_positive = labels[order] == 1

    def measure(weights: Weights) -> Floats:
        drawn = weights[:, order]
        everyone = _running_total(drawn)[:, ends]
        positives = _running_total(drawn * is_positive)[:, ends]
        precision = np.divide(positives, everyone, out=np.zeros_like(positives), where=everyone > 0)
        added = np.diff(positives, axis=1, prepend=0)
        figures = _divide(np.einsum("ij,ij->i", added, precision), positives[:, -1])
        figures[positives[:, -1] == everyone[:, -1]] = np.nan  # one class only
        return figures

    return measure


def _running_total(values: Floats) -> Floats:
    totals = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=totals[:, 1:])
    return totals


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
