"""How far the groups of a column are apart, by fairlearn, and how far they may truly be.

The point figures are fairlearn's own: MetricFrame over its named metrics and scikit-learn's. The largest difference
between groups is biased upwards, the more so the smaller the groups: noise alone drives the extremes apart
(Lum, Zhang and Bower 2022, De-biasing "bias" measurement). So its bounds hold for all pairs of groups at once
(Bonferroni): the truth is at least what the pair shown to be furthest apart is, and at most what any pair may be.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, mean_prediction, selection_rate, true_positive_rate
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.metrics import accuracy_score, precision_score

from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.fairness.group_sums import RATES, find_residual
from ratchet.evaluation.resampling.draws import Codes
from ratchet.metrics.arrays import Floats
from ratchet.records.fairness import Disparity

Metric = Callable[..., float]
Metrics = dict[str, dict[str, Metric]]
BY_DECISION: Metrics = {
    "binary": {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "precision": partial(precision_score, zero_division=np.nan),
        "accuracy": accuracy_score,
    },
    "multiclass": {"accuracy": accuracy_score},
    "regression": {},
}
BY_RESIDUAL: Metrics = {
    "binary": {"calibration": mean_prediction},
    "multiclass": {},
    "regression": {"mean_error": mean_prediction},
}
BY_ERROR: Metrics = {"binary": {}, "multiclass": {}, "regression": {"mean_absolute_error": mean_prediction}}


def frame_metrics(comparison: Comparison, codes: Codes, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """Measure the challenger on some rows by group, with fairlearn: a line a group, a column a measure.

    Rows that are alike in group, label and decision become one row with a weight: fairlearn walks over rows in Python.
    """
    task, challenger = comparison.config.task, comparison.challenger
    missed = find_residual(comparison, challenger)[rows]
    labels = comparison.labels[rows] if comparison.classes else np.zeros(len(missed))
    decisions = labels if challenger.decisions is None else challenger.decisions[rows]
    kinds, alike = np.unique(np.stack([codes[rows], labels, decisions]), axis=1, return_inverse=True)
    weights = np.bincount(alike).astype(np.float64)
    means = (np.bincount(alike, weights=values) / weights for values in (missed, np.abs(missed)))
    frames = [
        MetricFrame(
            metrics=metrics[task],
            y_true=kinds[1],
            y_pred=predicted,
            sensitive_features=kinds[0].astype(np.intp),
            sample_params={name: {"sample_weight": weights} for name in metrics[task]},
        ).by_group
        for metrics, predicted in zip((BY_DECISION, BY_RESIDUAL, BY_ERROR), (kinds[2], *means), strict=True)
        if metrics[task]
    ]
    by_group: pd.DataFrame = pd.concat(frames, axis=1)
    return by_group


def find_disparity(
    measure: str, figures: Floats, draws: Floats, names: list[str], confidence: float
) -> Disparity | None:
    """Find the extremes of a measure over groups, with bounds for all pairs; None with fewer than two figures.

    Args:
        measure: its name.
        figures: of each group, NaN where it has none.
        draws: of each group (first axis) in each draw, spread as far as the figures truly are.
        names: of the groups.
        confidence: of each bound.
    """
    known = np.flatnonzero(np.isfinite(figures))
    if len(known) < 2:
        return None
    values = figures[known]
    low, high = int(np.argmin(values)), int(np.argmax(values))
    apart = np.abs(values[:, None] - values[None, :])
    pairs = len(known) * (len(known) - 1) / 2
    reach = float(ndtri(1 - (1 - confidence) / (2 * pairs))) * _pair_errors(draws[known])
    smallest, largest = float(values[low]), float(values[high])
    return Disparity(
        measure=measure,
        difference=largest - smallest,
        difference_lower=max(float((apart - reach).max()), 0.0),
        difference_upper=float((apart + reach).max()),
        ratio=smallest / largest if measure in RATES and largest > 0 else None,
        lowest=names[known[low]],
        highest=names[known[high]],
    )


def _pair_errors(draws: Floats) -> Floats:
    """Return the standard error of the difference of each pair."""
    centred = np.nan_to_num(draws - draws.mean(axis=1, keepdims=True, where=np.isfinite(draws)))
    covariance = centred @ centred.T / draws.shape[1]
    variance = np.diagonal(covariance)
    return np.asarray(np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0)))
