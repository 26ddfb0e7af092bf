"""Named parts of the holdout, each measured on the draws of the whole.

Measure on the holdout the slices that a search on validation found: against the champion, and by themselves.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.evaluation import Slice
from ratchet.config.expressions import parse_expression
from ratchet.errors import did_you_mean
from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.comparison import Comparison, read_for
from ratchet.evaluation.gains import Pair, Rows, Where, measure_gain, measure_gains
from ratchet.evaluation.resampling import Resampling, sum_units
from ratchet.evaluation.slices.columns import as_numbers, find_edges, has_value, is_true, name_bins, place_in_bins
from ratchet.evaluation.slices.search import Search, find_slice, name_slice
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.columns import TIME
from ratchet.records.holdout import Level, SliceFinding
from ratchet.records.judgement import Gain


def measure_slice(
    pair: Pair, plan: Resampling, frame: pd.DataFrame, part: Slice, *, confidence: float
) -> tuple[Gain, ...]:
    """Measure the gain on a slice, or on each of its bins; one that can't be found is there with its problem."""
    problem = find_problem(frame, part)
    parts = {part.name: np.empty(0, np.intp)} if problem else find_parts(frame, part)
    gains = (
        measure_gain(pair, plan, confidence=confidence, rows=rows, slice_name=name) for name, rows in parts.items()
    )
    return tuple(replace(gain, problem=problem) if problem else gain for gain in gains)


def find_problem(frame: pd.DataFrame, part: Slice) -> str | None:
    """Return why a slice can't be found in these rows, one sentence; None when it can."""
    if part.is_timed and TIME not in frame.columns:
        return "the holdout's rows have no time"
    for column in part.columns:
        if column not in frame.columns:
            return f"the holdout has no column '{column}'{did_you_mean(column, map(str, frame.columns))}"
    return None


def find_parts(frame: pd.DataFrame, part: Slice) -> dict[str, Rows]:
    """Return the positions of a slice's rows by its name, or by those of its bins."""
    if part.bins is None or part.column is None:
        return {part.name: find_rows(frame, part)}
    numbers = as_numbers(frame[part.column])
    edges = find_edges(numbers, part.bins)
    names, codes = name_bins(edges), place_in_bins(numbers, edges)
    return {
        f"{part.name} {place + 1} of {len(names)} ({name})": np.flatnonzero(codes == place)
        for place, name in enumerate(names)
    }


def find_rows(frame: pd.DataFrame, part: Slice) -> Rows:
    """Return the positions of a slice's rows, none without its columns; a missing value is in no slice."""
    if find_problem(frame, part) is not None:
        return np.empty(0, np.intp)
    if part.where is not None:
        return np.flatnonzero(is_true(frame, parse_expression(part.where)))
    if part.column is None:
        return np.flatnonzero(_is_in_span(frame, part))
    if part.is_range:
        return np.flatnonzero(_is_in_range(as_numbers(frame[part.column]), part.at_least, part.below))
    return np.flatnonzero(has_value(frame[part.column], list(part.values)))


def _is_in_range(numbers: Floats, at_least: float | None, below: float | None) -> NDArray[np.bool_]:
    is_inside: NDArray[np.bool_] = np.isfinite(numbers)
    if at_least is not None:
        is_inside &= numbers >= at_least
    if below is not None:
        is_inside &= numbers < below
    return is_inside


def _is_in_span(frame: pd.DataFrame, part: Slice) -> NDArray[np.bool_]:
    times = pd.to_datetime(frame[TIME], utc=True)
    is_inside = times.notna()
    if part.newest is not None:
        is_inside &= times > times.max() - part.newest
    if part.since is not None:
        is_inside &= times >= _stamp(part.since)
    if part.until is not None:
        is_inside &= times < _stamp(part.until)
    return is_inside.to_numpy(dtype=bool)


def _stamp(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert("UTC")


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
    levels = tuple(measure_level(comparison, plan, where, config.metric) for where in places)
    finding = SliceFinding(tried=search.tried, against=search.against, levels=levels, problem=search.problem)
    pair = comparison.against_champion(config.metric)
    if pair is None or not places:
        return (), finding
    return measure_gains(pair, comparison.plan(pair), places, confidence=config.evaluation.confidence), finding


def measure_level(comparison: Comparison, plan: Resampling, where: Where, metric: str) -> Level:
    """Measure the challenger's own figure on some rows, with its bounds."""
    config = comparison.config
    options, sure = config.evaluation.options, config.evaluation.confidence
    predictions = read_for(metric, comparison.challenger)
    rows = np.arange(len(comparison.labels))[where.index]
    labels, here = comparison.labels[rows], predictions[rows]
    value = find_metric(metric).measure(labels, here, options)
    problem = _find_problem(metric, labels, here, value)
    bounds = (None, None) if problem or value is None else _bound(comparison, plan, rows, metric, value)
    return Level(
        metric=metric,
        slice=where.name,
        rows=len(rows),
        positives=comparison.names.find_rarest(labels, comparison.classes, absent_count=comparison.classes == 2).rows,
        value=value,
        lower=bounds[0],
        upper=bounds[1],
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


def _bound(
    comparison: Comparison, plan: Resampling, rows: Rows, metric: str, value: float
) -> tuple[float | None, float | None]:
    """Bound a figure by what each row has to do with it, added up over the units that could be drawn."""
    config = comparison.config
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
