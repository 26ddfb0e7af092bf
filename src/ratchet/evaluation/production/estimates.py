"""What a metric may be before labels come, from the model's own confidence, and whether labels bore that out.

A row that is positive with probability 0.3 counts as 0.3 of a positive row and 0.7 of a negative one. That is right as
long as probabilities are, so it can't see that the same inputs have other outcomes: it never decides alone.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.isotonic import IsotonicRegression

from ratchet.config.late_labels import LabelPlan
from ratchet.evaluation.metrics import DEFAULT_OPTIONS, Floats, MetricOptions
from ratchet.evaluation.production.figures import Judged, Measured, measure_rows
from ratchet.evaluation.production.rows import Production
from ratchet.evaluation.resampling.weighted import prepare
from ratchet.records.appraisal import Estimate

MOST_ROWS = 20_000  # evenly taken
TOLERANCE = 0.02  # of the realised figure, beyond its bounds
MOST_MISSES = 0.25  # of the earlier windows


class Confidence:
    """Turns scores into probabilities as labels of the baseline bear them out."""

    def __init__(self, then: Judged, plan: LabelPlan) -> None:
        """Learn a rising curve from scores to outcomes, where there are two classes and enough labels."""
        known = then.known
        self._curve: IsotonicRegression | None = None
        is_enough = len(known.rows) >= plan.min_rows and len(np.unique(known.rows.labels)) == 2
        if known.rows.scores.ndim == 1 and is_enough and np.isfinite(known.rows.scores).all():
            self._curve = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0)
            self._curve.fit(known.rows.scores, known.rows.labels, sample_weight=known.weights)

    def read(self, scores: Floats) -> Floats:
        """Return the probability of each class, one column each."""
        if scores.ndim == 2:
            return np.clip(scores, 0.0, 1.0)
        positive = np.clip(scores, 0.0, 1.0) if self._curve is None else np.asarray(self._curve.predict(scores))
        return np.column_stack([1 - positive, positive])


def estimate(
    metric: str,
    rows: Production,
    confidence: Confidence,
    options: MetricOptions = DEFAULT_OPTIONS,
) -> float | None:
    """Estimate a metric of rows without looking at their labels; None where it can't be told."""
    if len(rows) > MOST_ROWS:
        rows = rows.take(np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.intp))
    predictions = rows.read_for(metric)
    if not len(rows) or not np.isfinite(rows.scores).all() or not np.isfinite(predictions).all():
        return None
    chances = confidence.read(rows.scores)
    classes = chances.shape[1]
    labels = np.repeat(np.arange(classes, dtype=np.float64), len(rows))
    again = np.concatenate([predictions] * classes)
    value = float(prepare(metric, labels, again, options)(chances.T.reshape(1, -1))[0])
    return value if np.isfinite(value) else None


def judge_estimate(
    metric: str,
    rows: Production,
    confidence: Confidence,
    earlier: Sequence[Judged],
    plan: LabelPlan,
    options: MetricOptions = DEFAULT_OPTIONS,
) -> Estimate:
    """Estimate a metric of a window, and compare estimates of earlier windows with what labels showed.

    Args:
        metric: its name.
        rows: of the window, with labels or without.
        confidence: learnt on rows before the earlier windows.
        earlier: matured windows, the oldest first.
        plan: how many labels are enough.
        options: what some metrics need.
    """
    if rows.decisions is None:
        return Estimate(metric=metric, problem="a predicted value comes without a confidence to estimate from")
    if len(rows) < plan.min_rows:
        return Estimate(metric=metric, problem=f"{len(rows):,} predictions are too few, needs {plan.min_rows:,}")
    value = estimate(metric, rows, confidence, options)
    realised = [
        (estimate(metric, each.rows, confidence, options), measure_rows(metric, each, plan, options))
        for each in earlier
    ]
    pairs = [(guess, found) for guess, found in realised if guess is not None and found.value is not None]
    missed = [_is_missed(guess, found) for guess, found in pairs]
    return Estimate(
        metric=metric,
        value=value,
        # the latest window has the last word: outcomes may have changed since the others
        borne_out=(not missed[-1] and float(np.mean(missed)) <= MOST_MISSES) if missed else None,
        checked=len(pairs),
        error=float(np.mean([abs(guess - (found.value or 0.0)) for guess, found in pairs])) if pairs else None,
        problem=None if value is not None else f"{metric} can't be estimated from these scores",
    )


def _is_missed(guess: float, found: Measured) -> bool:
    lower, upper, value = found.lower, found.upper, found.value
    if lower is None or upper is None or value is None:
        return False
    slack = TOLERANCE * abs(value)
    return not lower - slack <= guess <= upper + slack
