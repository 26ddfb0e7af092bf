"""The same metrics for many resamples at once: rows counted as often as they were drawn.

A resample is a row of `weights`, one count for each row of the holdout; a figure comes back for each resample,
NaN where a resample has no figure, as where it drew one class only.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.metrics import AREAS, DEFAULT_OPTIONS, Floats, MetricOptions
from ratchet.evaluation.sums import divide, take_apart

Weights = NDArray[np.float64]
Measure = Callable[[Weights], Floats]  # weights of (resamples, rows) -> a figure for each resample


def prepare(metric: str, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> Measure:
    """Do once what does not change between resamples, such as sorting, and return the rest as a function.

    Raises:
        KeyError: there is no such metric.
    """
    sums = take_apart(metric, labels, predictions, options)
    if sums is not None:
        return lambda weights: sums.combine(weights @ sums.columns)
    if metric in AREAS and predictions.ndim > 1:
        return _prepare_mean_area(labels, predictions, by_rows=metric == "roc_auc_weighted")
    return _RANKED[metric](labels, predictions, options)


def _prepare_roc_auc(labels: Floats, predictions: Floats, _options: MetricOptions = DEFAULT_OPTIONS) -> Measure:
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
        return divide(np.einsum("ij,ij->i", drawn, beaten), pairs)

    return measure


def _prepare_mean_area(labels: Floats, predictions: Floats, *, by_rows: bool) -> Measure:
    """Take each class against all others; a class that a resample did not draw has no part in it."""
    members = [(labels == code).astype(np.float64) for code in np.unique(labels)]
    areas = [_prepare_roc_auc(each, predictions[:, int(labels[each == 1][0])]) for each in members]

    def measure(weights: Weights) -> Floats:
        figures = np.column_stack([area(weights) for area in areas])
        drawn = np.column_stack([weights @ each for each in members])
        parts = np.where(np.isnan(figures), 0.0, drawn if by_rows else np.ones_like(drawn))
        return divide((np.nan_to_num(figures) * parts).sum(axis=1), parts.sum(axis=1))

    return measure


def _prepare_average_precision(labels: Floats, predictions: Floats, _options: MetricOptions) -> Measure:
    """Take precision at each distinct score, weighed by the positives that it adds."""
    count = _prepare_counts(labels, predictions)

    def measure(weights: Weights) -> Floats:
        everyone, positives = count(weights)
        precision = np.divide(positives, everyone, out=np.zeros_like(positives), where=everyone > 0)
        added = np.diff(positives, axis=1, prepend=0)
        figures = divide(np.einsum("ij,ij->i", added, precision), positives[:, -1])
        figures[positives[:, -1] == everyone[:, -1]] = np.nan  # one class only
        return figures

    return measure


def _prepare_precision_at_k(labels: Floats, predictions: Floats, options: MetricOptions) -> Measure:
    """Take the positives among the best share of the rows that were drawn; rows level at the cut share what is left."""
    count = _prepare_counts(labels, predictions)

    def measure(weights: Weights) -> Floats:
        everyone, positives = count(weights)
        wanted = options.top * everyone[:, -1]
        last = (everyone < wanted[:, None]).sum(axis=1)  # the level that the cut falls into
        line, before = np.arange(len(weights)), np.maximum(last - 1, 0)
        has_before = last > 0
        rows_before = np.where(has_before, everyone[line, before], 0.0)
        hits_before = np.where(has_before, positives[line, before], 0.0)
        share = divide(positives[line, last] - hits_before, everyone[line, last] - rows_before)
        return divide(hits_before + share * (wanted - rows_before), wanted)

    return measure


def _prepare_counts(labels: Floats, predictions: Floats) -> Callable[[Weights], tuple[Floats, Floats]]:
    """Count the rows drawn down to each distinct score, best first, and the positives among them."""
    order = np.argsort(-predictions, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(predictions[order]) != 0, True)) + 1
    is_positive = labels[order] == 1

    def count(weights: Weights) -> tuple[Floats, Floats]:
        drawn = weights[:, order]
        return _running_total(drawn)[:, ends], _running_total(drawn * is_positive)[:, ends]

    return count


_RANKED: dict[str, Callable[[Floats, Floats, MetricOptions], Measure]] = {
    "roc_auc": _prepare_roc_auc,
    "average_precision": _prepare_average_precision,
    "precision_at_k": _prepare_precision_at_k,
}


def _running_total(values: Floats) -> Floats:
    totals = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=totals[:, 1:])
    return totals
