"""Turn scores into decisions: at a model's thresholds, or for the most probable class."""

import numpy as np
import pandas as pd

from ratchet.evaluation.slices.segments import is_segment, name_segments
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.records.decision import Thresholds

HALF = Thresholds(overall=0.5)  # both mistakes cost the same


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
