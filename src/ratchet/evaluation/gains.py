"""The gain of a challenger over an opponent on the same rows, with bounds that are honest about how rows hang together.

Each bound is the more cautious of two: a percentile of the paired bootstrap (Efron and Tibshirani 1993, chapter 13),
and the estimate plus or minus the bootstrap's standard error. Both are moved outwards by Student's quantile over the
normal one. Its degrees of freedom are Satterthwaite's (1946): few blocks or groups, or a gain that a handful of rows
make, leave few. Without that, five rows that all speak for the challenger would be called 99 % sure by a percentile.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from ratchet.evaluation.influence import influence_of
from ratchet.evaluation.metrics import Floats, is_defined, is_loss, measure
from ratchet.evaluation.resampling import Resampling, draw_weights, drawn_blocks, sum_units
from ratchet.evaluation.weighted import prepare
from ratchet.records.judgement import Gain

OVERALL = "overall"
POWER = 0.8  # "four runs of five" in Gain.detectable
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
    bounds = _find_bounds(part, plan, rows=rows, units=units, confidence=confidence)
    if bounds is None:
        return nothing(problem=f"{len(part.labels):,} rows are too few: some resamples hold no {pair.metric} at all")
    return describe(estimate=bounds[0], lower=bounds[1], upper=bounds[2], detectable=bounds[3])


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
) -> tuple[float, float, float, float] | None:
    """Return estimate, lower, upper and detectable gain; None when too many draws have no figure."""
    sign = -1 if is_loss(part.metric) else 1
    of_challenger, of_opponent = (
        prepare(part.metric, part.labels, predictions) for predictions in (part.challenger, part.against)
    )
    gains = np.empty(plan.draws)
    done = 0
    for drawn in draw_weights(plan):
        weights = drawn if rows is None else drawn[:, rows]
        gains[done : done + len(drawn)] = sign * (of_challenger(weights) - of_opponent(weights))
        done += len(drawn)
    every = np.ones((1, len(part.labels)))
    estimate = float(sign * (of_challenger(every) - of_opponent(every))[0])
    # a draw without a figure counts as the worst for the lower bound, and as the best for the upper one
    low = float(np.quantile(np.nan_to_num(gains, nan=-np.inf), 1 - confidence, method="lower"))
    high = float(np.quantile(np.nan_to_num(gains, nan=np.inf), confidence, method="higher"))
    if not np.isfinite([low, high]).all():
        return None
    wider = _widening(part, plan, rows=rows, units=units, confidence=confidence)
    spread = wider * float(np.nanstd(gains))
    plain = float(ndtri(confidence)) * spread
    lower = estimate + min(wider * (low - estimate), -plain)
    upper = estimate + max(wider * (high - estimate), plain)
    return estimate, lower, upper, float(ndtri(confidence) + ndtri(POWER)) * spread


def _widening(part: Pair, plan: Resampling, *, rows: Rows | None, units: float, confidence: float) -> float:
    """Return how much further out than the percentile a bound belongs.

    Degrees of freedom are twice the units over the kurtosis of their sums less one, and never more than the units
    less one. The last factor makes up for blocks that do not fit a whole number of times into the rows.
    """
    influence = np.zeros(plan.rows)
    influence[slice(None) if rows is None else rows] = influence_difference(part)
    sums = sum_units(plan, influence)
    squares = (sums - sums.mean()) ** 2
    spread = float(squares.mean())
    if not spread > 0:
        return 1.0
    kurtosis = float((squares**2).mean()) / spread**2
    freedom = min(units - 1, 2 * plan.units / max(kurtosis - 1, 1e-9))
    overdrawn = drawn_blocks(plan) * plan.block / plan.rows if plan.groups is None else 1.0
    return float(stdtrit(freedom, confidence) / ndtri(confidence) * np.sqrt(units / (units - 1) * overdrawn))


def influence_difference(pair: Pair) -> Floats:
    """Return each row's influence on the gain, up to its sign."""
    return influence_of(pair.metric, pair.labels, pair.challenger) - influence_of(
        pair.metric, pair.labels, pair.against
    )
