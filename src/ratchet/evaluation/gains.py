"""The gain of a challenger over an opponent on the same rows, turned so that positive is better, with its bounds."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.bounds import Bounds, find_bounds
from ratchet.evaluation.influence import influence_of
from ratchet.evaluation.metrics import Floats, is_defined, is_loss, measure
from ratchet.evaluation.resampling import Resampling, draw_weights, sum_units
from ratchet.evaluation.weighted import Measure, prepare
from ratchet.records.judgement import Gain

OVERALL = "overall"
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A challenger and its opponent on the rows of the holdout.

    Attributes:
        metric: what they are compared by.
        opponent: "champion" or "baseline".
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        challenger: its predictions, see `ratchet.evaluation.metrics`.
        against: the opponent's predictions.
    """

    metric: str
    opponent: str
    labels: Floats
    classes: int
    challenger: Floats
    against: Floats

    def on(self, rows: Rows) -> "Pair":
        """Return the pair on some of its rows."""
        return Pair(
            metric=self.metric,
            opponent=self.opponent,
            labels=self.labels[rows],
            classes=self.classes,
            challenger=self.challenger[rows],
            against=self.against[rows],
        )


def measure_gain(
    pair: Pair, plan: Resampling, *, confidence: float, rows: Rows | None = None, slice_name: str = OVERALL
) -> Gain:
    """Measure the gain with one-sided bounds, on all rows or on those of a slice; the draws are the plan's either way.

    Raises:
        ValueError: the plan is for another number of rows.
    """
    if plan.rows != len(pair.labels):
        raise ValueError(f"the resampling is planned for {plan.rows} rows, the pair has {len(pair.labels)}")
    part = pair if rows is None else pair.on(rows)
    units = _count_units(plan, rows)
    describe = partial(
        Gain,
        metric=pair.metric,
        opponent=pair.opponent,
        slice=slice_name,
        rows=len(part.labels),
        positives=count_rarest(part.labels, pair.classes, absent_count=rows is None or pair.classes == 2),
        challenger=measure(pair.metric, part.labels, part.challenger),
        opponent_value=measure(pair.metric, part.labels, part.against),
        confidence=confidence,
        resampling=plan.method,
    )
    nothing = partial(describe, estimate=None, lower=None, upper=None, detectable=None)
    if problem := _find_problem(part, plan, units):
        return nothing(problem=problem)
    estimate, bounds = _find_bounds(part, plan, rows=rows, units=units, confidence=confidence)
    if bounds is None:
        return nothing(problem=f"{len(part.labels):,} rows are too few: some resamples hold no {pair.metric} at all")
    return describe(estimate=estimate, lower=bounds.lower, upper=bounds.upper, detectable=bounds.detectable)


def count_rarest(labels: Floats, classes: int, *, absent_count: bool) -> int | None:
    """Count the rows of the rarest class, None for regression; a class without rows counts as 0 or not at all."""
    if not classes:
        return None
    counts = np.bincount(labels.astype(np.intp), minlength=classes)
    return int((counts if absent_count else counts[counts > 0]).min(initial=len(labels)))


def _count_units(plan: Resampling, rows: Rows | None) -> float:
    """Count the rows, blocks or groups that hold any row of the slice."""
    if rows is None:
        return plan.units
    is_here = np.zeros(plan.rows)
    is_here[rows] = 1
    return plan.units * float((sum_units(plan, is_here) > 0).mean())


def _find_problem(part: Pair, plan: Resampling, units: float) -> str | None:
    if not len(part.labels):
        return "no rows in the holdout"
    for name, predictions in (("challenger", part.challenger), (part.opponent, part.against)):
        if lost := int(np.count_nonzero(~np.isfinite(predictions))):
            return f"{lost:,} predictions of the {name} are not finite numbers"
    if not is_defined(part.metric, part.labels):
        return f"{part.metric} is not defined: all {len(part.labels):,} rows are of one class"
    if units < 2:
        return f"the {len(part.labels):,} rows make fewer than 2 {plan.method} to draw from"
    return None


def _find_bounds(
    part: Pair, plan: Resampling, *, rows: Rows | None, units: float, confidence: float
) -> tuple[float, Bounds | None]:
    """Return the gain, and its bounds unless too many draws have no figure."""
    sign = -1 if is_loss(part.metric) else 1
    gains = sign * _resample(part, plan, rows)
    estimate = float(sign * _measure_difference(part)(np.ones((1, len(part.labels))))[0])
    # blocks that fit no whole number of times draw more rows than there are, and so spread less than these rows do
    gains = estimate + (gains - estimate) * np.sqrt(plan.drawn / plan.rows)
    influence = np.zeros(plan.rows)
    influence[slice(None) if rows is None else rows] = sign * influence_difference(part)
    sums = sum_units(plan, influence)
    return estimate, find_bounds(estimate, gains, sums, units=(plan.units, units), confidence=confidence)


def _resample(part: Pair, plan: Resampling, rows: Rows | None) -> Floats:
    difference = _measure_difference(part)
    chunks = (drawn if rows is None else drawn[:, rows] for drawn in draw_weights(plan))
    return np.concatenate([difference(weights) for weights in chunks])


def _measure_difference(part: Pair) -> Measure:
    of_challenger = prepare(part.metric, part.labels, part.challenger)
    of_opponent = prepare(part.metric, part.labels, part.against)
    return lambda weights: of_challenger(weights) - of_opponent(weights)


def influence_difference(pair: Pair) -> Floats:
    """Return each row's influence on the difference of both figures."""
    return influence_of(pair.metric, pair.labels, pair.challenger) - influence_of(
        pair.metric, pair.labels, pair.against
    )
