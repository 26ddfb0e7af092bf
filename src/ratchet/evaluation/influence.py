"""How much each row moves a figure, to first order: what DeLong's variance, block lengths and freedom are read from.

A figure's influence has mean zero and the variance of the figure is that of its mean, see Efron and Tibshirani,
An Introduction to the Bootstrap (1993), chapter 21. For the area under the curve these are the placement values of
DeLong, DeLong and Clarke-Pearson (1988), each class's with the n / (n - 1) that their variance has.
"""

from collections.abc import Callable

import numpy as np

from ratchet.evaluation.metrics import AREAS, DEFAULT_OPTIONS, Floats, MetricOptions
from ratchet.evaluation.sums import find_influence, take_apart


def influence_of(
    metric: str,
    labels: Floats,
    predictions: Floats,
    options: MetricOptions = DEFAULT_OPTIONS,
    weights: Floats | None = None,
) -> Floats:
    """Return each row's influence on the metric's figure.

    Args:
        metric: its name.
        labels: class codes from 0, or values.
        predictions: what the metric looks at.
        options: what some metrics need beside them.
        weights: how often each row counts; the influence is that of a row that counts once.

    Raises:
        KeyError: there is no such metric.
    """
    counted = np.ones(len(labels)) if weights is None else weights
    sums = take_apart(metric, labels, predictions, options)
    if sums is not None:
        return find_influence(sums, counted)
    if metric in AREAS and predictions.ndim > 1:
        return _mean_placements(labels, predictions, counted, by_rows=metric == "roc_auc_weighted")
    return _RANKED[metric](labels, predictions, options, counted)


def _placements(labels: Floats, predictions: Floats, _options: MetricOptions, weights: Floats) -> Floats:
    influence = np.zeros(len(labels))
    is_positive = labels == 1
    for mine, others, sign in ((is_positive, ~is_positive, 1), (~is_positive, is_positive, -1)):
        rows = int(mine.sum())
        placement = _place(predictions[mine], predictions[others], weights[others])
        honest = np.sqrt(rows / max(rows - 1, 1))
        share = weights[mine].sum() / weights.sum()
        influence[mine] = sign * honest * (placement - np.average(placement, weights=weights[mine])) / share
    return influence


def _place(scores: Floats, among: Floats, weights: Floats) -> Floats:
    """Return the share of others below each score, and half of those level with it."""
    order = np.argsort(among, kind="stable")
    counted = np.concatenate(([0.0], np.cumsum(weights[order])))
    below, up_to = (counted[np.searchsorted(among[order], scores, side=side)] for side in ("left", "right"))
    place: Floats = (below + up_to) / (2 * counted[-1])
    return place


def _mean_placements(labels: Floats, predictions: Floats, weights: Floats, *, by_rows: bool) -> Floats:
    """Average over the classes that there are, each against all others; where rows weigh, their shares move too."""
    present = np.unique(labels)
    influence = np.zeros(len(labels))
    for code in present:
        member, scores = (labels == code).astype(np.float64), predictions[:, int(code)]
        share = np.average(member, weights=weights) if by_rows else 1 / len(present)
        placed = _placements(member, scores, DEFAULT_OPTIONS, weights)
        influence += share * placed
        if by_rows:
            influence += (member - share) * _area(member, scores, weights)
    centred: Floats = influence - np.average(influence, weights=weights)
    return centred


def _area(labels: Floats, predictions: Floats, weights: Floats) -> float:
    """Return the area under the curve: the mean place of a positive among the negatives."""
    mine, others = labels == 1, labels == 0
    place = _place(predictions[mine], predictions[others], weights[others])
    return float(np.average(place, weights=weights[mine]))


def _average_precision(labels: Floats, predictions: Floats, _options: MetricOptions, weights: Floats) -> Floats:
    """Differentiate the mean precision at the positives: through the row itself and through every cut below it."""
    levels, level = np.unique(-predictions, return_inverse=True)  # best first
    is_positive = (labels == 1).astype(np.float64)
    rows, positives = (
        np.bincount(level, weights=each, minlength=len(levels)) for each in (weights, weights * is_positive)
    )
    total = weights.sum()
    reached = np.cumsum(rows) / total
    precision = np.cumsum(positives) / np.cumsum(rows)
    figure = (positives * precision).sum() / positives.sum()
    cuts, cuts_precision = (
        np.cumsum((positives * each / reached)[::-1])[::-1] / total for each in (np.ones(len(levels)), precision)
    )
    through_cuts = is_positive * cuts[level] - cuts_precision[level]
    influence: Floats = (is_positive * (precision[level] - figure) + through_cuts) * total / positives.sum()
    return influence


def _precision_at_k(labels: Floats, predictions: Floats, options: MetricOptions, weights: Floats) -> Floats:
    """Count a row above the cut for what it is; each moves the cut, past rows as positive as those around it."""
    rows, top = len(labels), options.top
    order = np.argsort(-predictions, kind="stable")
    counted = np.cumsum(weights[order])
    place, reach = int(np.searchsorted(counted, top * counted[-1], side="right")), max(int(np.sqrt(rows)), 1)
    is_positive = (labels == 1).astype(np.float64)
    near = order[max(place - reach, 0) : place + reach]
    around = np.average(is_positive[near], weights=weights[near])
    is_above = np.zeros(rows)
    is_above[order[: max(place, 1)]] = 1
    influence: Floats = is_above * (is_positive - around) / top
    centred: Floats = influence - np.average(influence, weights=weights)
    return centred


_RANKED: dict[str, Callable[[Floats, Floats, MetricOptions, Floats], Floats]] = {
    "roc_auc": _placements,
    "average_precision": _average_precision,
    "precision_at_k": _precision_at_k,
}
