"""Past holdouts and what their champions reached on them: a challenger must not have forgotten what they knew."""

from dataclasses import replace

import numpy as np

from ratchet.evaluation.behaviour.changes import Sample, Subject
from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.comparison import read_for
from ratchet.evaluation.resampling.draws import Resampling, sum_units
from ratchet.evaluation.resampling.planning import plan_draws
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.judgement import Gain


def measure_against_floor(sample: Sample, subject: Subject, floor: float, *, name: str) -> Gain:
    """Measure a model on a past holdout against a figure that was reached there once.

    The floor is a fixed number, so the bounds are those of the model's own figure: its standard error from each row's
    influence, with whole groups and blocks kept together, see `ratchet.evaluation.bounds`.
    """
    config, metric = sample.config, sample.config.metric
    options, labels = config.evaluation.options, sample.labels
    predictions = read_for(metric, sample.read(subject.score(sample.frame), subject.thresholds))
    figure = find_metric(metric).measure(labels, predictions, options)
    rarest = sample.names.find_rarest(labels, sample.classes, absent_count=True)
    gain = Gain(
        metric=metric,
        opponent="floor",
        slice=name,
        rows=len(labels),
        positives=rarest.rows,
        rarest=rarest.name,
        challenger=figure,
        opponent_value=floor,
        estimate=None,
        lower=None,
        upper=None,
        confidence=config.evaluation.confidence,
        detectable=None,
        resampling="rows",
        interval="influence",
    )
    if figure is None:
        why = find_metric(metric).explain_undefined(labels, predictions) or f"the {metric} is not a finite number"
        return replace(gain, problem=why)
    sign = -1 if find_metric(metric).is_loss else 1
    influence = sign * find_metric(metric).find_influence(labels, predictions, options)
    plan = plan_draws(config, sample.frame, influence)
    return _add_bounds(replace(gain, resampling=plan.method), sign * (figure - floor), plan, influence)


def _add_bounds(gain: Gain, estimate: float, plan: Resampling, influence: Floats) -> Gain:
    units = plan.units
    if units < 2:
        return replace(gain, problem=f"the {plan.rows:,} rows make fewer than 2 {plan.method} to draw from")
    sums = sum_units(plan, influence)
    error = float(np.sqrt(units * (sums**2).mean() * units / (units - 1))) / plan.rows
    bounds = bound_by_error(estimate, error, sums, units=(units, units), confidence=gain.confidence)
    if not np.isfinite([bounds.lower, bounds.upper]).all():
        return replace(gain, problem=f"the bounds of the {gain.metric} are not finite numbers")
    return replace(gain, estimate=estimate, lower=bounds.lower, upper=bounds.upper, detectable=bounds.detectable)
