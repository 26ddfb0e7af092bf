"""Measured signals of performance as matured labels show it: each figure, a sudden loss, and a slow one.

Also those that concern performance without being it: concept, calibration, estimates made without labels.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ratchet.alerts.losses import LossCourse, WindowLoss, find_course, find_loss, find_primary, is_long
from ratchet.alerts.measured import (
    ONE_SIDED,
    Family,
    MeasuredSignal,
    chance_of,
    compare,
    error_of,
    finite,
    number,
    percent,
    unknown,
)
from ratchet.config.alerts import AlertPlan, SlowRule
from ratchet.records.alerts import SignalKind
from ratchet.records.production import CalibrationShift, ConceptShift, Estimate, Figure, ProductionPerformance
from ratchet.timeline import WEEK, Window, to_number

LEAST_POINTS = 4  # fewer windows make no line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A loss in time, in weeks."""

    at: float
    loss: float
    error: float


def read_slope(rule: SlowRule, course: LossCourse) -> MeasuredSignal:
    """Read how much is lost a week over the last windows; None while they are too few."""
    points = _choose_points(rule, course)
    slope, error = _fit(points) if points else (None, None)
    return MeasuredSignal(
        name=f"slow.{course.metric}",
        kind=SignalKind.PERFORMANCE,
        value=slope,
        p_value=chance_of(slope, error),
        family=Family.PARTS,
        yellow=rule.step,
        red=rule.step if rule.level == "red" else None,
        text=_describe_slope(course.metric, slope, points),
    )


def _describe_slope(metric: str, slope: float | None, points: Sequence[_Point]) -> str:
    if slope is None:
        return unknown(f"a slow loss of {metric}", None, "too few windows have matured")
    weeks = f"over {points[-1].at - points[0].at:.0f} weeks"
    share = percent(abs(slope))
    if share == percent(0):
        return f"{metric} gets neither worse nor better, {weeks}"
    return f"{metric} gets {'worse' if slope > 0 else 'better'} by {share} of its baseline a week, {weeks}"


def _choose_points(rule: SlowRule, course: LossCourse) -> list[_Point]:
    """Return the last windows that span the rule's weeks; none where they are too few."""
    known = _place_in_weeks(course.losses) if course.has_latest else []
    for first in range(len(known) - LEAST_POINTS, -1, -1):
        if known[-1].at - known[first].at >= rule.weeks:
            return known[first:]
    return []


def _place_in_weeks(losses: Sequence[WindowLoss]) -> list[_Point]:
    """Put each loss at its time in weeks."""
    first = losses[0].window
    places = [_count_weeks(first, loss.window) for loss in losses]
    return [_Point(at=at, loss=loss.value, error=loss.error) for at, loss in zip(places, losses, strict=True)]


def _count_weeks(first: Window, window: Window) -> float:
    """Return the weeks between two windows; where there is no clock, as many rows as the window has are a week."""
    gone = to_number(window.end) - to_number(first.end)
    return gone / (WEEK if window.has_clock else window.length)


def _fit(points: Sequence[_Point]) -> tuple[float, float]:
    """Return the slope of the line through losses, and its standard error.

    The error is that of the figures or that of how far they are from the line, whichever is larger: weeks differ by
    more than their rows explain.
    """
    center = sum(each.at for each in points) / len(points)
    middle = sum(each.loss for each in points) / len(points)
    spread = sum((each.at - center) ** 2 for each in points)
    slope = sum((each.at - center) * each.loss for each in points) / spread
    known = sum(((each.at - center) * each.error) ** 2 for each in points) / spread**2
    left = sum((each.loss - middle - slope * (each.at - center)) ** 2 for each in points)
    return slope, math.sqrt(max(known, left / (len(points) - 2) / spread))


def read_performance(plan: AlertPlan, performance: ProductionPerformance) -> Iterator[MeasuredSignal]:
    """Read each figure, then what the primary metric of everybody did from window to window."""
    primary = find_primary(performance)
    for figure in performance.figures:
        yield _read_figure(
            plan, figure, primary=figure.metric == primary, over_long=is_long(figure, performance.figures)
        )
    if course := find_course(performance):
        if plan.sudden is not None:
            yield _read_step(plan.sudden, course)
        if plan.slow is not None:
            yield read_slope(plan.slow, course)


def _read_figure(plan: AlertPlan, figure: Figure, *, primary: bool, over_long: bool) -> MeasuredSignal:
    limits = plan.limits_of(figure.segment)
    which = ("long_" if over_long else "") + ("performance" if primary else "guard")
    loss = finite(figure.loss)
    return MeasuredSignal(
        name=".".join(filter(None, (which, figure.metric, figure.segment))),
        kind=SignalKind.PERFORMANCE,
        segment=figure.segment,
        value=loss,
        p_value=chance_of(loss, error_of(figure.loss, figure.loss_lower)),
        family=Family.EVERYBODY if primary and figure.segment is None else Family.PARTS,
        yellow=limits.yellow,
        red=limits.red,
        text=_describe_figure(figure, over_long=over_long),
        must_be_shown=True,
        window=figure.window,
    )


def _describe_figure(figure: Figure, *, over_long: bool) -> str:
    what = f"{figure.metric} of {figure.segment}" if figure.segment else figure.metric
    what += " over the long window" if over_long else ""
    if figure.value is None:
        return unknown(what, figure.problem, "no label has matured")
    now = f"{what} is {number(figure.value)}"
    if figure.loss is None:
        return f"{now}, with no stable period before to compare it with"
    lower = figure.loss_lower
    at_least = f" (at least {percent(lower)})" if lower is not None and lower > 0 else ""
    beside = f"{compare(figure.loss, at_least)} its baseline of {number(figure.baseline)}"
    return f"{now}, {beside}, on {figure.rows:,} rows"


def _read_step(limit: float, course: LossCourse) -> MeasuredSignal:
    step, error = _find_step(course)
    return MeasuredSignal(
        name=f"sudden.{course.metric}",
        kind=SignalKind.PERFORMANCE,
        value=step,
        p_value=chance_of(step, error),
        family=Family.PARTS,
        red=limit,
        text=_describe_step(course),
    )


def _find_step(course: LossCourse) -> tuple[float | None, float | None]:
    """Compare with the window known before or, while there is none, with the baseline itself; give the error, too."""
    if not course.has_latest:
        return None, None
    *before, now = course.losses
    if not before:
        return now.value, math.hypot(now.error, course.base_error)
    return now.value - before[-1].value, math.hypot(now.error, before[-1].error)


def _describe_step(course: LossCourse) -> str:
    if not course.has_latest:
        return unknown(f"a sudden loss of {course.metric}", None, "there is no figure")
    *before, now = course.losses
    if not before:
        return f"{course.metric} is {compare(now.value)} its baseline in the first window that is known"
    then = f"{course.metric} was {compare(before[-1].value)} its baseline in the window known before"
    return f"{then}, and is {compare(now.value)} it now"


def read_evidence(plan: AlertPlan, performance: ProductionPerformance) -> Iterator[MeasuredSignal]:
    """Read the concept, the calibration and each estimate."""
    yield _read_concept(performance.concept)
    yield _read_calibration(plan, performance.calibration)
    for estimate in performance.estimates:
        yield _read_estimate(plan, estimate, _find_baseline(performance, estimate.metric))


def _read_concept(concept: ConceptShift) -> MeasuredSignal:
    """The effect has the unit of the error, so it has no limit: it is shown to be above 0, or it is not."""
    part = finite(concept.concept_part)
    return MeasuredSignal(
        name="concept",
        kind=SignalKind.CONCEPT,
        value=None if part is None else float(part > 0 and bool(concept.shifted)),
        p_value=concept.p_value,
        family=Family.PARTS,
        yellow=1.0,
        text=_describe_concept(concept),
    )


def _describe_concept(concept: ConceptShift) -> str:
    if concept.concept_part is None:
        return unknown("whether the same inputs have other outcomes", concept.problem, "it was not measured")
    says = "have other outcomes" if concept.shifted else "have the same outcomes"
    text = f"the same inputs {says}: made alike, rows have an error that differs by {number(concept.concept_part)}"
    return text + f", and other inputs explain {number(concept.data_part)}"


def _read_calibration(plan: AlertPlan, shift: CalibrationShift) -> MeasuredSignal:
    change = _find_change(shift)
    known = abs(change) / abs(shift.predicted) if change is not None and shift.predicted else None
    return MeasuredSignal(
        name="calibration",
        kind=SignalKind.CALIBRATION,
        value=known,
        p_value=_find_chance(shift, change),
        family=Family.PARTS,
        yellow=plan.calibration.yellow,
        red=plan.calibration.red,
        text=_describe_calibration(shift, known),
    )


def _describe_calibration(shift: CalibrationShift, known: float | None) -> str:
    if known is None:
        return unknown("calibration", shift.problem, "there is nothing to compare it with")
    came = f"{number(shift.observed)} came where {number(shift.predicted)} was predicted"
    return f"{came}: the gap changed by {percent(known)} of the prediction"


def _find_change(shift: CalibrationShift) -> float | None:
    """Return by how much the gap between outcome and prediction changed since the baseline."""
    gap = finite(shift.gap)
    return None if gap is None else gap - (finite(shift.gap_then) or 0.0)


def _find_chance(shift: CalibrationShift, change: float | None) -> float | None:
    """Return how often chance changes the gap as much, either way."""
    lower, upper = finite(shift.gap_lower), finite(shift.gap_upper)
    if change is None or lower is None or upper is None:
        return None
    # the gap before has an error too; its rows are hardly fewer than these
    gaps = 1 if shift.gap_then is None else 2
    error = (upper - lower) / 2 / ONE_SIDED * math.sqrt(gaps)
    tail = chance_of(abs(change), error)
    return None if tail is None else min(1.0, 2 * tail)


def _find_baseline(performance: ProductionPerformance, metric: str) -> float | None:
    mine = (each.baseline for each in performance.figures if each.metric == metric and each.segment is None)
    return next(filter(None, mine), None)


def _read_estimate(plan: AlertPlan, estimate: Estimate, baseline: float | None) -> MeasuredSignal:
    """Read an estimate against the figure's baseline; one that labels did not confirm says nothing."""
    loss = find_loss(estimate.metric, estimate.value, baseline) if estimate.confirmed else None
    error = estimate.error / abs(baseline) if baseline and estimate.error is not None else None
    return MeasuredSignal(
        name=f"estimate.{estimate.metric}",
        kind=SignalKind.PERFORMANCE,
        value=loss,
        p_value=chance_of(loss, error),
        yellow=plan.performance.yellow,
        text=_describe_estimate(estimate, loss),
    )


def _describe_estimate(estimate: Estimate, loss: float | None) -> str:
    if estimate.value is None:
        return f"{estimate.metric} can't be estimated without labels: {estimate.problem or 'no reason is known'}"
    text = f"{estimate.metric} is estimated at {number(estimate.value)} without labels"
    if not estimate.confirmed:
        return f"{text}, which earlier labels have not confirmed"
    if loss is None:
        return f"{text}, with no baseline to compare it with"
    return f"{text}, {compare(loss)} its baseline"
