"""How much each row moves a figure, to first order: what DeLong's variance, block lengths and freedom are read from.

A figure's influence has mean zero and the variance of the figure is that of its mean, see Efron and Tibshirani,
An Introduction to the Bootstrap (1993), chapter 21. For the area under the curve these are the placement values of
DeLong, DeLong and Clarke-Pearson (1988), each class's with the n / (n - 1) that their variance has.
"""

from collections.abc import Callable

import numpy as np

from ratchet.evaluation.metrics import AREAS, DEFAULT_OPTIONS, Floats, MetricOptions
from ratchet.evaluation.sums import find_influence, take_apart


def influence_of(metric: str, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> Floats:
    """Return each row's influence on the metric's figure.

    Raises:
        KeyError: there is no such metric.
    """
    sums = take_apart(metric, labels, predictions, options)
    if sums is not None:
        return find_influence(sums)
    if metric in AREAS and predictions.ndim > 1:
        return _mean_placements(labels, predictions, by_rows=metric == "roc_auc_weighted")
    return _RANKED[metric](labels, predictions, options)


def _placements(labels: Floats, predictions: Floats, _options: MetricOptions = DEFAULT_OPTIONS) -> Floats:
    influence = np.zeros(len(labels))
    is_positive = labels == 1
    for mine, others, sign in ((is_positive, ~is_positive, 1), (~is_positive, is_positive, -1)):
        ranked, rows = np.sort(predictions[others]), int(mine.sum())
        below = np.searchsorted(ranked, predictions[mine], side="left")
        up_to = np.searchsorted(ranked, predictions[mine], side="right")
        placement = (below + up_to) / (2 * len(ranked))
        honest = np.sqrt(rows / max(rows - 1, 1))
        influence[mine] = sign * honest * (placement - placement.mean()) / mine.mean()
    return influence


def _mean_placements(labels: Floats, predictions: Floats, *, by_rows: bool) -> Floats:
    """Average over the classes that there are, each against all others; where rows weigh, their shares move too."""
    present = np.unique(labels)
    influence = np.zeros(len(labels))
    for code in present:
        member, scores = (labels == code).astype(np.float64), predictions[:, int(code)]
        share = member.mean() if by_rows else 1 / len(present)
        placed = _placements(member, scores)
        influence += share * placed
        if by_rows:
            influence += (member - share) * _area(member, scores)
    centred: Floats = influence - influence.mean()
    return centred


def _area(labels: Floats, predictions: Floats) -> float:
    """Return the area under the curve: the mean place of a positive among the negatives."""
    negatives, positives = np.sort(predictions[labels == 0]), predictions[labels == 1]
    below, up_to = (np.searchsorted(negatives, positives, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(negatives)))


def _average_precision(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    """Differentiate the mean precision at the positives: through the row itself and through every cut below it."""
    levels, level = np.unique(-predictions, return_inverse=True)  # best first
    is_positive = (labels == 1).astype(np.float64)
    rows, positives = (np.bincount(level, weights=each, minlength=len(levels)) for each in (None, is_positive))
    reached = np.cumsum(rows) / len(labels)
    precision = np.cumsum(positives) / np.cumsum(rows)
    figure = (positives * precision).sum() / positives.sum()
    cuts, cuts_precision = (
        np.cumsum((positives * each / reached)[::-1])[::-1] / len(labels) for each in (np.ones(len(levels)), precision)
    )
    through_cuts = is_positive * cuts[level] - cuts_precision[level]
    influence: Floats = (is_positive * (precision[level] - figure) + through_cuts) / is_positive.mean()
    return influence


def _precision_at_k(labels: Floats, predictions: Floats, options: MetricOptions) -> Floats:
    """Count a row above the cut for what it is; each moves the cut, past rows as positive as those around it."""
    rows, top = len(labels), options.top
    order = np.argsort(-predictions, kind="stable")
    place, reach = int(top * rows), max(int(np.sqrt(rows)), 1)
    is_positive = (labels == 1).astype(np.float64)
    around = is_positive[order[max(place - reach, 0) : place + reach]].mean()
    is_above = np.zeros(rows)
    is_above[order[: max(place, 1)]] = 1
    influence: Floats = is_above * (is_positive - around) / top
    centred: Floats = influence - influence.mean()
    return centred


_RANKED: dict[str, Callable[[Floats, Floats, MetricOptions], Floats]] = {
    "roc_auc": _placements,
    "average_precision": _average_precision,
    "precision_at_k": _precision_at_k,
}
