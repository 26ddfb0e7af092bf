"""Measured signals that concern performance without being it: concept, calibration, estimates made without labels."""

import math
from collections.abc import Iterator

from ratchet.alerts.losses import find_loss
from ratchet.alerts.measured import (
    ONE_SIDED,
    Family,
    MeasuredSignal,
    chance_of,
    compare,
    finite,
    number,
    percent,
    unknown,
)
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import SignalKind
from ratchet.records.production import CalibrationShift, ConceptShift, Estimate, ProductionPerformance


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
