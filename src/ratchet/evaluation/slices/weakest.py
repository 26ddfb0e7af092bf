"""Measure on the holdout the slices that a search on validation found: against the champion, and by themselves."""

import numpy as np

from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.comparison import Comparison, read_for
from ratchet.evaluation.gains import Rows, Where, measure_gains
from ratchet.evaluation.resampling.draws import Resampling, sum_units
from ratchet.evaluation.slices.search import Search, find_slice, name_slice
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.judgement import Gain
from ratchet.records.slices import Level, SliceFinding


def measure_weakest(comparison: Comparison, search: Search) -> tuple[tuple[Gain, ...], SliceFinding]:
    """Measure what a search found; without a champion there are no gains.

    Args:
        comparison: of the holdout.
        search: of validation.
    """
    config = comparison.config
    places = [Where(name=name_slice(each), rows=find_slice(comparison.frame, each)) for each in search.found]
    own = comparison.against_baseline(config.metric)
    plan = comparison.plan(own)
    levels = tuple(_measure_level(comparison, plan, where) for where in places)
    finding = SliceFinding(tried=search.tried, against=search.against, levels=levels, problem=search.problem)
    pair = comparison.against_champion(config.metric)
    if pair is None or not places:
        return (), finding
    return measure_gains(pair, comparison.plan(pair), places, confidence=config.evaluation.confidence), finding


def _measure_level(comparison: Comparison, plan: Resampling, where: Where) -> Level:
    config, metric = comparison.config, comparison.config.metric
    options, sure = config.evaluation.options, config.evaluation.confidence
    predictions = read_for(metric, comparison.challenger)
    rows = np.arange(len(comparison.labels))[where.index]
    labels, here = comparison.labels[rows], predictions[rows]
    value = find_metric(metric).measure(labels, here, options)
    problem = _find_problem(metric, labels, here, value)
    lower, upper = (None, None) if problem or value is None else _bound(comparison, plan, rows, value)
    return Level(
        metric=metric,
        slice=where.name,
        rows=len(rows),
        positives=comparison.names.find_rarest(labels, comparison.classes, absent_count=comparison.classes == 2).rows,
        value=value,
        lower=lower,
        upper=upper,
        everywhere=find_metric(metric).measure(comparison.labels, predictions, options),
        confidence=sure,
        problem=problem,
    )


def _find_problem(metric: str, labels: Floats, predictions: Floats, value: float | None) -> str | None:
    if not np.isfinite(predictions).all():
        return "some predictions are not finite"
    if why := find_metric(metric).explain_undefined(labels, predictions):
        return why
    return f"{metric} can't be measured on {len(labels):,} rows" if value is None or len(labels) < 2 else None


def _bound(comparison: Comparison, plan: Resampling, rows: Rows, value: float) -> tuple[float | None, float | None]:
    """Bound a figure by what each row has to do with it, added up over the units that could be drawn."""
    metric, config = comparison.config.metric, comparison.config
    influence, is_here = np.zeros(plan.rows), np.zeros(plan.rows)
    is_here[rows] = 1
    influence[rows] = find_metric(metric).find_influence(
        comparison.labels[rows], read_for(metric, comparison.challenger)[rows], config.evaluation.options
    )
    sums = sum_units(plan, influence)
    units = plan.units * float((sum_units(plan, is_here) > 0).mean())
    if units < 2 or not np.isfinite(sums).all():
        return None, None
    error = float(np.sqrt((sums**2).mean() * plan.units * units / (units - 1))) / len(rows)
    bounds = bound_by_error(value, error, sums, units=(plan.units, units), confidence=config.evaluation.confidence)
    return bounds.lower, bounds.upper
