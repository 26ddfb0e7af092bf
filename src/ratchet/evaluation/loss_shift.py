"""Find where a model's loss rose for good: the start of a world that it has not learnt."""

import math
from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.resampling import standard_error
from ratchet.metrics.arrays import Floats

# The largest of all places is looked at, and rows of one season are alike: far beyond what single rows would need.
LEAST_Z = 5.0
LEAST_RISE = 1.5  # times the loss before: a season or a harder month is no other world
LEAST_ROWS = 100  # on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class LossShift:
    """A rise of the mean loss.

    Attributes:
        at: how many rows lie before it.
        before: mean loss of these.
        after: mean loss of the others.
    """

    at: int
    before: float
    after: float


def find_loss_shift(losses: Floats) -> LossShift | None:
    """Return where losses in the order of time rose, if they are shown to have risen by enough to matter.

    The place is where the two means are furthest apart for their numbers of rows (the CUSUM statistic of Page, 1954).
    """
    rows = len(losses)
    if rows < 2 * LEAST_ROWS or not np.isfinite(losses).all():
        return None
    counts = np.arange(LEAST_ROWS, rows - LEAST_ROWS + 1)
    sums = np.cumsum(losses)
    before = sums[counts - 1] / counts
    after = (sums[-1] - sums[counts - 1]) / (rows - counts)
    at = int(counts[np.argmax((after - before) * np.sqrt(counts * (rows - counts) / rows))])
    parts = losses[:at], losses[at:]
    low, high = (float(part.mean()) for part in parts)
    # Of both parts together: the place was chosen because one of them is small, and so is its spread.
    spread = standard_error(np.concatenate([part - part.mean() for part in parts])) * math.sqrt(rows)
    error = spread * math.sqrt(1 / at + 1 / (rows - at))
    if high < LEAST_RISE * low or high - low < LEAST_Z * error or high <= low:
        return None
    return LossShift(at=at, before=low, after=high)


def find_losses(labels: Floats, scores: Floats) -> Floats:
    """Return each row's loss on a scale without rare, huge values.

    Of two classes, the probability that the wrong one was given; of several, the squared error over all of them (Brier
    score); of a value, the absolute error.
    """
    if scores.ndim > 1:
        truth = np.eye(scores.shape[1])[labels.astype(int)]
        return np.asarray(((scores - truth) ** 2).sum(axis=1), dtype=np.float64)
    return np.abs(labels - scores)
