"""Turn scores into decisions: at a model's thresholds, or for the most probable class."""

import numpy as np
import pandas as pd

from ratchet.config.model import Task
from ratchet.evaluation.metrics import Floats
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
    return _decide_rows(scores, frame, thresholds)


def _decide_rows(scores: Floats, frame: pd.DataFrame, thresholds: Thresholds) -> Floats:
    limits = np.full(len(scores), thresholds.overall)
    if thresholds.column in frame.columns:
        texts = frame[thresholds.column].astype(str)
        for segment in thresholds.segments:
            limits[(texts == segment.value).to_numpy(dtype=bool)] = segment.threshold
    decisions: Floats = (scores >= limits).astype(np.float64)
    return decisions
