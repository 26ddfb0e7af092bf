"""How much each row moves a figure, to first order: what block lengths and degrees of freedom are read from.

A figure's influence has mean zero and the variance of the figure is that of its mean, see Efron and Tibshirani,
An Introduction to the Bootstrap (1993), chapter 21. For the area under the curve these are the placement values of
DeLong, DeLong and Clarke-Pearson (1988). Average precision has no short form: it borrows them, as it ranks as well;
its bounds come from the resamples either way.
"""

import numpy as np

from ratchet.evaluation.metrics import RANKINGS, Floats
from ratchet.evaluation.weighted import measure_rows


def influence_of(metric: str, labels: Floats, predictions: Floats) -> Floats:
    """Return each row's influence on the metric's figure."""
    if metric in RANKINGS:
        return _placements(labels, predictions)
    each = measure_rows(metric, labels, predictions)
    centred: Floats = each - each.mean()
    if metric != "rmse":
        return centred
    root = np.sqrt(each.mean())
    return centred / (2 * root) if root > 0 else centred


def _placements(labels: Floats, predictions: Floats) -> Floats:
    influence = np.zeros(len(labels))
    is_positive = labels == 1
    for mine, others, sign in ((is_positive, ~is_positive, 1), (~is_positive, is_positive, -1)):
        ranked = np.sort(predictions[others])
        below = np.searchsorted(ranked, predictions[mine], side="left")
        up_to = np.searchsorted(ranked, predictions[mine], side="right")
        placement = (below + up_to) / (2 * len(ranked))
        influence[mine] = sign * (placement - placement.mean()) / mine.mean()
    return influence
