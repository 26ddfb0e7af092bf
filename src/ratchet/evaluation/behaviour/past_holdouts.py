"""Past holdouts and what their champions reached on them: a challenger must not have forgotten what they knew."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ratchet.artifacts.past_runs import PastHoldout
from ratchet.errors import RatchetError
from ratchet.evaluation.behaviour.samples import Sample, Subject, draw_rows
from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.comparison import read_for
from ratchet.evaluation.resampling import Resampling, plan_draws, sum_units
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.behaviour import Piece
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Part, Split
from ratchet.records.judgement import Gain

PAST_ROWS = 2000  # of each past holdout, more where a class is rare
PAST_RAREST = 50  # rows of the rarest class that they should have


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What gives the rows that a past holdout is measured with.

    Attributes:
        sample: gives all rows of a past part, with today's classes.
        train_rows: gives the row numbers of today's training rows.
    """

    sample: Callable[[Part], Sample]
    train_rows: Callable[[], pd.Series]


def measure_past_holdout(past: PastHoldout, split: Split, challenger: Subject, readers: Readers) -> Piece:
    """Measure the challenger on a past holdout; where it can't be read or scored, the piece says why."""
    if past.split is None or past.floor is None:
        return Piece(run_id=past.run_id, problem=past.problem)
    if past.split.classes != split.classes:
        theirs, ours = (", ".join(each.classes) for each in (past.split, split))
        return Piece(run_id=past.run_id, problem=f"its classes were {theirs}, today's are {ours}")
    try:
        every = readers.sample(past.split.holdout)
        # none are added of a rare class: the floor was measured on rows as they came
        wanted, seed = _count_wanted(every), every.config.schedule.seed
        sample = every.take(draw_rows(every.labels, 0, wanted=wanted, rarest=0, seed=seed))
        gain = measure_against_floor(sample, challenger, past.floor, name=past.run_id)
        known = find_known_share(sample.frame, split, readers.train_rows)
    except RatchetError as error:
        return Piece(run_id=past.run_id, problem=str(error))
    return Piece(run_id=past.run_id, rows=len(every.labels), known_share=known, gain=gain)


def find_known_share(frame: pd.DataFrame, split: Split, read_rows: Callable[[], pd.Series]) -> float | None:
    """Return the share of rows that today's training rows may hold: by time where that divides them, else by number.

    Args:
        frame: rows of a past holdout.
        split: how today's rows are divided.
        read_rows: gives the row numbers of today's training rows.
    """
    first, last = split.train.time_from, split.train.time_to
    if split.method == "time" and TIME in frame.columns and first is not None and last is not None:
        return float(frame[TIME].between(pd.Timestamp(first), pd.Timestamp(last)).mean())
    return float(frame[ROW].isin(read_rows()).mean()) if ROW in frame.columns else None


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


def _count_wanted(every: Sample) -> int:
    """Return how many rows to draw so that some of the rarest class are among them."""
    if not every.classes or not len(every.labels):
        return PAST_ROWS
    counts = np.bincount(every.labels.astype(np.intp), minlength=every.classes)
    return max(PAST_ROWS, math.ceil(PAST_RAREST * len(every.labels) / max(int(counts.min()), 1)))
