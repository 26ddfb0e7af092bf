"""What a metric may be before labels come, from the model's own confidence, and whether labels bore that out.

A row that is positive with probability 0.3 counts as 0.3 of a positive row and 0.7 of a negative one. That is right as
long as probabilities are, so it can't see that the same inputs have other outcomes: it never decides alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.production.figures import Judged, Measured, measure_rows
from ratchet.evaluation.production.rows import Production
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions
from ratchet.metrics.registry import find_metric
from ratchet.records.production import Estimate

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
    value = float(find_metric(metric).prepare(labels, again, options)(chances.T.reshape(1, -1))[0])
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
    if problem := _find_problem(rows, plan):
        return Estimate(metric=metric, problem=problem)
    value = estimate(metric, rows, confidence, options)
    tried = (
        _check(estimate(metric, window.rows, confidence, options), measure_rows(metric, window, plan, options))
        for window in earlier
    )
    checks = [each for each in tried if each is not None]
    return Estimate(
        metric=metric,
        value=value,
        confirmed=_is_confirmed(checks),
        checked=len(checks),
        error=float(np.mean([each.distance for each in checks])) if checks else None,
        problem=None if value is not None else f"{metric} can't be estimated from these scores",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What was estimated for an earlier window, and what labels showed."""

    guess: float
    value: float
    lower: float
    upper: float

    @property
    def distance(self) -> float:
        return abs(self.guess - self.value)

    @property
    def is_missed(self) -> bool:
        slack = TOLERANCE * abs(self.value)
        return not self.lower - slack <= self.guess <= self.upper + slack


def _check(guess: float | None, found: Measured) -> _Check | None:
    if guess is None or found.value is None or found.lower is None or found.upper is None:
        return None
    return _Check(guess=guess, value=found.value, lower=found.lower, upper=found.upper)


def _find_problem(rows: Production, plan: LabelPlan) -> str | None:
    if rows.decisions is None:
        return "a predicted value comes without a confidence to estimate from"
    if len(rows) < plan.min_rows:
        return f"{len(rows):,} predictions are too few, needs {plan.min_rows:,}"
    return None


def _is_confirmed(checks: Sequence[_Check]) -> bool | None:
    """Tell whether labels agreed; the latest window has the last word, as outcomes may have changed since others."""
    if not checks:
        return None
    missed = [each.is_missed for each in checks]
    return not missed[-1] and float(np.mean(missed)) <= MOST_MISSES
