"""What was predicted against what came, now and in the baseline."""

from dataclasses import replace

import numpy as np

from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.production.bounded import bound
from ratchet.evaluation.production.figures import Judged
from ratchet.evaluation.production.rows import Production
from ratchet.metrics.arrays import Floats
from ratchet.records.production import CalibrationShift


def measure_calibration(now: Judged, then: Judged, plan: LabelPlan) -> CalibrationShift:
    """Measure the mean prediction and the mean outcome; of more than two classes, of the most probable one.

    Args:
        now: matured rows of the window.
        then: those of the baseline.
        plan: how many labels are enough.
    """
    found = _measure(now, plan)
    return replace(found, gap_then=_measure(then, plan).gap)


def _measure(judged: Judged, plan: LabelPlan) -> CalibrationShift:
    known = judged.known
    rows = len(known.rows)
    if rows < plan.min_rows:
        return CalibrationShift(rows=rows, problem=f"{rows:,} labels are too few, needs {plan.min_rows:,}")
    predicted, observed = predict_and_observe(known.rows)
    weights = known.weights
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is no number, and says so below
        means = [float(np.average(each, weights=weights)) for each in (predicted, observed)]
        gap = means[1] - means[0]
        influence = (observed - predicted - gap) * weights / weights.mean()
        lower, upper = bound(gap, influence, known.units)
    if not np.isfinite([*means, lower, upper]).all():
        return CalibrationShift(rows=rows, problem="predictions or labels are too large to add up")
    return CalibrationShift(rows=rows, predicted=means[0], observed=means[1], gap=gap, gap_lower=lower, gap_upper=upper)


def predict_and_observe(rows: Production) -> tuple[Floats, Floats]:
    """Return what was predicted of each row and what came: a probability and whether it did, or two values."""
    if rows.scores.ndim == 1:
        return rows.scores, rows.labels
    return rows.scores.max(axis=1), (rows.scores.argmax(axis=1) == rows.labels).astype(np.float64)


def measure_errors(rows: Production) -> Floats:
    """Return each row's error: 1 for a wrong decision and 0 for a right one, or the absolute error of a value."""
    if rows.decisions is None:
        return np.abs(rows.labels - rows.scores)
    return np.asarray(rows.decisions != rows.labels, dtype=np.float64)


def measure_distances(rows: Production) -> Floats:
    """Return how far each prediction is from its label: Brier's score, or the absolute error of a value."""
    if rows.decisions is None:
        return measure_errors(rows)
    if rows.scores.ndim == 1:
        return np.asarray((rows.scores - rows.labels) ** 2)
    truth = np.arange(rows.scores.shape[1]) == rows.labels[:, None]
    return np.asarray(((rows.scores - truth) ** 2).sum(axis=1) / 2)
