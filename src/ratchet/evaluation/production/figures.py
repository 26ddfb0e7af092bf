"""One metric of some matured rows, with bounds, and how much worse it is than a baseline.

What was predicted against what came, now and in the baseline.

Bounds of a weighted figure over rows that hang together in time, by day, or by whom they are about.

To first order a figure is a mean of influences, so its error is known in closed form for each way in which rows can
hang together, without drawing: single rows, blocks as long as the influences hang together (resampling/block_length),
days, and entities. The widest counts. Drawing days anew converges to the same error and costs hundreds of passes.
"""

from dataclasses import dataclass, replace

import numpy as np

from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.production.rows import Codes, Production
from ratchet.evaluation.resampling import Resampling, choose_block_length, find_shortfall, sum_units
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions, explain_lost
from ratchet.metrics.registry import find_metric
from ratchet.records.production import CalibrationShift, Figure
from ratchet.timeline import Window

TINY = 1e-9  # a baseline as small can't be the whole of a share
CONFIDENCE = 0.95  # of each bound
FEWEST_DAYS = 5  # of fewer the spread between days is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """How rows may hang together.

    Attributes:
        days: each row's day, or block of rows without a clock, as codes; rows are in the order of time.
        entities: whom each row is about, as codes; None when that is not known.
        is_ordered: whether the order of rows means something.
    """

    days: Codes
    entities: Codes | None
    is_ordered: bool

    def take(self, chosen: Codes) -> "Units":
        """Return those of some rows."""
        entities = None if self.entities is None else self.entities[chosen]
        return Units(days=self.days[chosen], entities=entities, is_ordered=self.is_ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Matured rows of one window or segment, with what their labels stand for.

    Attributes:
        rows: those with a label and those without.
        weights: how many rows each label stands for.
        units: how rows may hang together.
    """

    rows: Production
    weights: Floats
    units: Units

    def take(self, chosen: np.ndarray) -> "Judged":
        """Return some of the rows."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Judged(rows=self.rows.take(places), weights=self.weights[places], units=self.units.take(places))

    def between(self, start: int, end: int) -> "Judged":
        """Return the rows from one tick to before another."""
        first, last = np.searchsorted(self.rows.ticks, [start, end])
        return self.take(np.arange(first, last))

    @property
    def known(self) -> "Judged":
        """The rows with a label."""
        return self.take(self.rows.is_known)

    @property
    def open_share(self) -> float | None:
        """The share of rows without a label; None without rows."""
        return float(1 - self.rows.is_known.mean()) if len(self.rows) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of some rows.

    Attributes:
        rows: with a label.
        open_share: of all of them, without one.
        value: the metric; None with a problem.
        lower: one-sided lower bound, 95 %.
        upper: one-sided upper bound, 95 %.
        problem: why there is none.
    """

    rows: int
    open_share: float | None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    problem: str | None = None


def measure_rows(metric: str, judged: Judged, plan: LabelPlan, options: MetricOptions = DEFAULT_OPTIONS) -> Measured:
    """Measure a metric on the rows whose label is known, each counted as often as it stands for others."""
    known = judged.known
    rows, open_share = len(known.rows), judged.open_share
    if problem := _find_problem(metric, judged, known, plan):
        return Measured(rows=rows, open_share=open_share, problem=problem)
    labels, predictions = known.rows.labels, known.rows.read_for(metric)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is no number, and says so below
        value = float(find_metric(metric).prepare(labels, predictions, options)(known.weights[None, :])[0])
        influence = find_metric(metric).find_influence(labels, predictions, options, known.weights)
        influence = influence * known.weights / known.weights.mean()
        lower, upper = bound(value, influence, known.units)
    if not np.isfinite([value, lower, upper]).all():
        return Measured(rows=rows, open_share=open_share, problem=f"{metric} of these rows is no finite number")
    lower, upper = find_metric(metric).clip_figure(lower, upper)
    return Measured(rows=rows, open_share=open_share, value=value, lower=lower, upper=upper)


def measure_value(
    metric: str, judged: Judged, plan: LabelPlan, options: MetricOptions = DEFAULT_OPTIONS
) -> float | None:
    """Measure a metric without bounds; None where it can't be told."""
    known = judged.known
    if _find_problem(metric, judged, known, plan):
        return None
    labels, predictions = known.rows.labels, known.rows.read_for(metric)
    with np.errstate(over="ignore", invalid="ignore"):
        value = float(find_metric(metric).prepare(labels, predictions, options)(known.weights[None, :])[0])
    return value if np.isfinite(value) else None


def _find_problem(metric: str, judged: Judged, known: Judged, plan: LabelPlan) -> str | None:
    rows = len(known.rows)
    if not len(judged.rows):
        return "there are no matured predictions"
    if rows < plan.min_rows:
        return f"{rows:,} labels of {len(judged.rows):,} matured predictions are too few, needs {plan.min_rows:,}"
    predictions = known.rows.read_for(metric)
    problem = find_metric(metric).explain_undefined(known.rows.labels, predictions) or explain_lost(
        "champion", predictions
    )
    return problem or (_find_rare(known.rows, plan) if find_metric(metric).needs_every_class else None)


def _find_rare(rows: Production, plan: LabelPlan) -> str | None:
    _, counts = np.unique(rows.labels, return_counts=True)
    fewest = int(counts.min())
    return (
        f"{fewest:,} rows of the rarest class are too few, needs {plan.min_rare:,}" if fewest < plan.min_rare else None
    )


def describe(
    metric: str, segment: str | None, window: Window, measured: Measured, then: Measured | None = None
) -> Figure:
    """Make a figure of what was measured, beside a baseline.

    The loss is a share of the baseline's own figure, as "2 % below baseline" says: of an area under the curve of 0.80,
    0.784 is 2 % below. Its bound takes the two figures as of independent rows (Zou and Donner 2008).
    """
    loss, loss_lower = _compare(metric, measured, then)
    return Figure(
        metric=metric,
        segment=segment,
        window=window,
        rows=measured.rows,
        open_share=measured.open_share,
        value=measured.value,
        lower=measured.lower,
        upper=measured.upper,
        baseline=then.value if then else None,
        loss=loss,
        loss_lower=loss_lower,
        problem=measured.problem,
    )


def _compare(metric: str, now: Measured, then: Measured | None) -> tuple[float | None, float | None]:
    if now.value is None or then is None or then.value is None or abs(then.value) < TINY:
        return None, None
    scale = abs(then.value)
    if find_metric(metric).is_loss:
        loss = now.value - then.value
        reach = np.hypot(now.value - _or(now.lower, now.value), _or(then.upper, then.value) - then.value)
    else:
        loss = then.value - now.value
        reach = np.hypot(then.value - _or(then.lower, then.value), _or(now.upper, now.value) - now.value)
    return loss / scale, (loss - float(reach)) / scale


def _or(bound_: float | None, value: float) -> float:
    return value if bound_ is None else bound_


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


def bound(estimate: float, influence: Floats, units: Units) -> tuple[float, float]:
    """Return the one-sided lower and upper bounds of a figure.

    Args:
        estimate: the figure.
        influence: how much each row moves it, times the row's weight over the mean weight.
        units: how the rows may hang together.
    """
    rows = len(influence)
    ways = [_Way(sums=influence, units=rows, error=_error(influence, rows))]
    if units.is_ordered:
        ways += [*_by_block(influence), *_by_code(units.days, influence, fewest=FEWEST_DAYS)]
    if units.entities is not None:
        ways += _by_code(units.entities, influence, fewest=2)
    found = [
        bound_by_error(estimate, way.error, way.sums, units=(way.units, way.units), confidence=CONFIDENCE)
        for way in ways
    ]
    return min(each.lower for each in found), max(each.upper for each in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Influences added up over what is taken for independent, how many such units there are, and the error."""

    sums: Floats
    units: float
    error: float


def _error(sums: Floats, rows: int) -> float:
    units = len(sums)
    return float(np.sqrt((sums**2).sum() * units / max(units - 1, 1))) / rows


def _by_block(influence: Floats) -> list[_Way]:
    rows, block = len(influence), choose_block_length(influence)
    if block < 2:
        return []
    sums = sum_units(Resampling(method="blocks", rows=rows, draws=1, seed=0, block=block), influence)
    units = rows / block
    square = float((sums**2).mean()) / block * find_shortfall(influence, block) ** 2
    return [_Way(sums=sums, units=units, error=float(np.sqrt(square / rows * units / (units - 1))))]


def _by_code(codes: Codes, influence: Floats, *, fewest: int) -> list[_Way]:
    """Add up over each code; not where there are too few of them, or where each has one row."""
    present, places = np.unique(codes, return_inverse=True)
    if len(present) < fewest or len(present) == len(codes):
        return []
    sums = np.bincount(places, weights=influence).astype(np.float64)
    return [_Way(sums=sums, units=len(present), error=_error(sums, len(codes)))]
