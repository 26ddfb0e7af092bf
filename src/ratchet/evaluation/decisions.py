"""Turn scores into decisions: choose from which probability on a row counts as positive, and decide by it.

Thresholds cost least on validation; they are never chosen on the holdout. Every threshold that decides some row
otherwise is tried, "nobody" and "everybody" among them; it lies half-way between two neighbouring scores. Of several
that cost the same, the one nearest to the break-even probability is taken (Elkan, The Foundations of Cost-Sensitive
Learning, 2001: what a calibrated model would use), and of two as near the lower one.
"""

import math

import numpy as np
import pandas as pd

from ratchet.config.decision import Costs, DecisionPlan
from ratchet.config.model import ModelConfig
from ratchet.evaluation.slices.columns import is_segment, name_segments
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.records.decision import SegmentThreshold, Thresholds

HALF = Thresholds(overall=0.5)  # both mistakes cost the same
EVERYBODY = 0.0
NOBODY = math.nextafter(1.0, 2.0)  # above any probability
MAX_SEGMENTS = 50  # the largest; thresholds are kept in a tag of the registry, which has room for 100,000 characters
MAX_NAME = 200  # characters of a segment's name, for the same reason
ALIKE = 1e-9  # relative difference of two costs that are the same but for rounding


def decide_classes(task: Task, scores: Floats, frame: pd.DataFrame, thresholds: Thresholds = HALF) -> Floats | None:
    """Return the class that each row is decided for, as a code from 0; None for regression.

    Args:
        task: the model's.
        scores: probability of the positive class, or of every class (one column each).
        frame: the same rows, with the segment column where there is one.
        thresholds: the model's; for a binary task only.
    """
    if task == "regression":
        return None
    if task == "multiclass":
        return np.asarray(np.argmax(scores, axis=1), dtype=np.float64)
    decisions: Floats = (scores >= find_limits(frame, thresholds)).astype(np.float64)
    return decisions


def find_limits(frame: pd.DataFrame, thresholds: Thresholds) -> Floats:
    """Return the threshold of each row; a row without a segment of its own has the overall one."""
    limits = np.full(len(frame), thresholds.overall)
    if thresholds.column in frame.columns and thresholds.segments:
        names = name_segments(frame[thresholds.column])
        for segment in thresholds.segments:
            limits[is_segment(names, segment.value)] = segment.threshold
    return limits


def choose_thresholds(config: ModelConfig, frame: pd.DataFrame, labels: Floats, scores: Floats) -> Thresholds | None:
    """Choose a model's thresholds from validation rows; None unless the task is binary.

    Args:
        config: the model's YAML.
        frame: validation rows, with the segment column where there is one.
        labels: their classes, 0 and 1.
        scores: their probabilities of the positive class.
    """
    plan = config.decision
    if config.task != "binary":
        return None
    if plan.threshold is not None:
        return Thresholds(overall=plan.threshold)
    if plan.costs is None:
        return HALF
    return _choose_cheapest(plan, plan.costs, frame, (labels, scores))


def _choose_cheapest(plan: DecisionPlan, costs: Costs, frame: pd.DataFrame, rows: tuple[Floats, Floats]) -> Thresholds:
    overall = cheapest_threshold(*rows, costs) if _is_enough(rows[0], plan) else costs.break_even
    if plan.by is None or plan.by not in frame.columns:
        return Thresholds(overall=overall)
    segments = _choose_by_segment(plan, costs, name_segments(frame[plan.by]), rows)
    return Thresholds(overall=overall, column=plan.by, segments=segments)


def cheapest_threshold(labels: Floats, scores: Floats, costs: Costs) -> float:
    """Return the threshold whose decisions cost least on these rows."""
    thresholds, counts = _count_beyond(labels, scores)
    positives = float(labels.sum())
    true_positives, false_positives = counts
    spent = (
        costs.true_positive * true_positives
        + costs.false_negative * (positives - true_positives)
        + costs.false_positive * false_positives
        + costs.true_negative * (len(labels) - positives - false_positives)
    )
    least = float(spent.min())
    cheapest = thresholds[spent <= least + ALIKE * max(abs(least), 1.0)]
    return float(cheapest[np.argmin(np.abs(cheapest - costs.break_even))])


def _count_beyond(labels: Floats, scores: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Return every threshold, lowest first, with the positives and the negatives at or beyond it."""
    values, codes = np.unique(scores, return_inverse=True)
    between = (values[1:] + values[:-1]) / 2
    # the middle of two neighbours that no number lies between is the lower one of them
    between = np.where(between > values[:-1], between, values[1:])
    thresholds = np.concatenate(([EVERYBODY], between, [NOBODY]))
    counts = [np.bincount(codes, weights=each, minlength=len(values)) for each in (labels, 1 - labels)]
    beyond = [np.concatenate((np.cumsum(each[::-1])[::-1], [0.0])) for each in counts]
    return thresholds, (beyond[0], beyond[1])


def _choose_by_segment(
    plan: DecisionPlan, costs: Costs, names: pd.Series, rows: tuple[Floats, Floats]
) -> tuple[SegmentThreshold, ...]:
    labels, scores = rows
    chosen = []
    counts = names.value_counts()
    for value in counts[counts.index.str.len() <= MAX_NAME].index[:MAX_SEGMENTS]:
        members = is_segment(names, value)
        if _is_enough(labels[members], plan):
            threshold = cheapest_threshold(labels[members], scores[members], costs)
            chosen.append(SegmentThreshold(value=value, threshold=threshold))
    return tuple(sorted(chosen, key=lambda segment: segment.value))


def _is_enough(labels: Floats, plan: DecisionPlan) -> bool:
    positives = int(np.count_nonzero(labels == 1))
    return len(labels) >= plan.min_rows and min(positives, len(labels) - positives) >= plan.min_positives
