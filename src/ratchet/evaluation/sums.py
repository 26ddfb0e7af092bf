"""Metrics that are a function of sums over rows: means, ratios of counts, and what is made of these.

Such a figure needs no row once the sums are there: a resample adds up the sums of the rows, blocks or groups that it
drew, and the influence of a row is how much its summands move the figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ratchet.evaluation.metrics import DEFAULT_OPTIONS, Floats, MetricOptions, choose_classes

STEP = 1e-6  # of a mean, for the slope of a figure: halves the digits, as central differences want


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A metric taken apart.

    Attributes:
        columns: what each row adds to each sum, a line a row.
        combine: makes figures of sums, a line a resample; NaN where a resample has no figure.
    """

    columns: Floats
    combine: Callable[[Floats], Floats]


def take_apart(
    metric: str, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS
) -> Sums | None:
    """Take a metric apart into sums over rows; None for one that ranks rows."""
    if metric in _COUNTED:
        return _COUNTED[metric](labels, predictions)
    if metric not in _ROWS:
        return None
    each = _ROWS[metric](labels, predictions, options)
    columns = np.column_stack([each, np.ones(len(each))])
    finish = np.sqrt if metric == "rmse" else np.asarray
    return Sums(columns=columns, combine=lambda sums: finish(divide(sums[:, 0], sums[:, 1])))


def find_influence(sums: Sums, weights: Floats | None = None) -> Floats:
    """Return each row's influence on the figure: its distance from the mean row times the figure's slope there."""
    mean = np.average(sums.columns, axis=0, weights=weights)
    steps = np.diag(STEP * np.abs(sums.columns).max(axis=0, initial=0))
    moved = steps.diagonal() > 0  # a sum that no row adds to moves nothing
    around = sums.combine(np.concatenate([mean + steps, mean - steps]))
    rise = around[: len(mean)] - around[len(mean) :]
    slope = np.divide(rise, 2 * steps.diagonal(), out=np.zeros(len(mean)), where=moved)
    influence: Floats = (sums.columns - mean) @ np.nan_to_num(slope)
    return influence


def divide(above: Floats, below: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _row_log_loss(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    tiny = np.finfo(predictions.dtype).eps  # the clipping of sklearn.metrics.log_loss
    if predictions.ndim == 1:
        of_truth = np.where(labels == 1, predictions, 1 - predictions)
    else:
        of_truth = predictions[np.arange(len(labels)), labels.astype(np.intp)]
    loss: Floats = -np.log(np.clip(of_truth, tiny, 1 - tiny))
    return loss


def _row_square(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    square: Floats = (predictions - labels) ** 2
    return square


def _row_pinball(labels: Floats, predictions: Floats, options: MetricOptions) -> Floats:
    missed = labels - predictions
    return np.maximum(options.quantile * missed, (options.quantile - 1) * missed)


def _is_right(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    return np.asarray(choose_classes(predictions) == labels, dtype=np.float64)


_ROWS: dict[str, Callable[[Floats, Floats, MetricOptions], Floats]] = {
    "log_loss": _row_log_loss,
    "brier": _row_square,
    "accuracy": _is_right,
    "rmse": _row_square,
    "mae": lambda labels, predictions, _options: np.abs(predictions - labels),
    "mape": lambda labels, predictions, _options: np.abs(predictions - labels) / np.abs(labels),
    "pinball": _row_pinball,
}


def _count_ratio(of_class: float, of_decided: float, labels: Floats, predictions: Floats) -> Sums:
    is_positive, is_decided = labels == 1, choose_classes(predictions) == 1
    below = of_class * is_positive + of_decided * is_decided
    columns = np.column_stack([is_positive & is_decided, below])
    return Sums(columns=columns, combine=lambda sums: divide(sums[:, 0], sums[:, 1]))


def _split_variance(labels: Floats, predictions: Floats) -> Sums:
    """Take 1 minus the squared errors over the labels' own variance, both as sums."""
    centred = labels - labels.mean()
    columns = np.column_stack([(predictions - labels) ** 2, centred**2, centred, np.ones(len(labels))])

    def combine(sums: Floats) -> Floats:
        variance = sums[:, 1] - divide(sums[:, 2] ** 2, sums[:, 3])
        is_constant = variance <= STEP**2 * sums[:, 1]  # a resample of one label, give or take rounding
        return 1 - divide(sums[:, 0], np.where(is_constant, 0.0, variance))

    return Sums(columns=columns, combine=combine)


ByClass = Callable[[Floats, Floats, Floats], Floats]  # hits, rows decided for and rows of each class -> the figure


def _count_by_class(average: ByClass, labels: Floats, predictions: Floats) -> Sums:
    codes, decided = labels.astype(np.intp), choose_classes(predictions)
    classes = np.union1d(codes, decided)
    is_class, is_decided = codes[:, None] == classes, decided[:, None] == classes
    columns = np.concatenate([is_class & is_decided, is_decided, is_class], axis=1).astype(np.float64)
    return Sums(columns=columns, combine=lambda sums: average(*np.split(sums, 3, axis=1)))


def _f1_by_class(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    return divide(2 * hits, decided + rows)


def _f1_weighted(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    return divide((np.nan_to_num(_f1_by_class(hits, decided, rows)) * rows).sum(axis=1), rows.sum(axis=1))


def _precision_by_class(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    """A class that nothing is decided for has precision 0, as scikit-learn has it; one that is not there has none."""
    found = np.nan_to_num(divide(hits, decided))
    return np.where(decided + rows > 0, found, np.nan)


def _mean_over_classes(by_class: Floats) -> Floats:
    is_there = ~np.isnan(by_class)
    return divide(np.nan_to_num(by_class).sum(axis=1), is_there.sum(axis=1).astype(np.float64))


def _f1_macro(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    return _mean_over_classes(_f1_by_class(hits, decided, rows))


def _precision_macro(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    return _mean_over_classes(_precision_by_class(hits, decided, rows))


def _recall_macro(hits: Floats, _decided: Floats, rows: Floats) -> Floats:
    return _mean_over_classes(divide(hits, rows))


_COUNTED: dict[str, Callable[[Floats, Floats], Sums]] = {
    # above the line stand the hits; below it how often rows of the class and rows decided for it count
    "precision": partial(_count_ratio, 0.0, 1.0),
    "recall": partial(_count_ratio, 1.0, 0.0),
    "f1": partial(_count_ratio, 0.5, 0.5),
    "f1_macro": partial(_count_by_class, _f1_macro),
    "f1_weighted": partial(_count_by_class, _f1_weighted),
    "precision_macro": partial(_count_by_class, _precision_macro),
    "recall_macro": partial(_count_by_class, _recall_macro),
    "r2": _split_variance,
}
