"""Find where a model's loss rose for good: the start of a world that it has not learnt.

A loss can rise by a factor only where little noise is in it. So it counts as well that the model has lost half of what
it gains over a constant: whoever was right in seven cases of ten, and is right in five, knows nothing any more.
"""

import math
from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.resampling import standard_error
from ratchet.metrics.arrays import Floats

# The largest of all places is looked at, and rows of one season are alike: far beyond what single rows would need.
LEAST_Z = 5.0
LEAST_RISE = 1.5  # times the loss before: a season or a harder month is no other world
LEAST_KEPT = 0.5  # of what was gained over a constant before: a harder month is harder for a constant, too
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


def find_loss_shift(labels: Floats, scores: Floats) -> LossShift | None:
    """Return where a model's losses rose, if they are shown to have risen by enough to matter.

    The place is where the two means are furthest apart for their numbers of rows (the CUSUM statistic of Page, 1954).

    Args:
        labels: of rows in the order of time that the model has not learnt.
        scores: what it says of them.
    """
    losses = find_losses(labels, scores)
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
    if high - low < LEAST_Z * error or high <= low:
        return None
    is_material = high >= LEAST_RISE * low or _has_lost_skill(labels, scores, at, low, high)
    return LossShift(at=at, before=low, after=high) if is_material else None


def _has_lost_skill(labels: Floats, scores: Floats, at: int, low: float, high: float) -> bool:
    """Tell whether half of what is gained over a constant, the shares or the median of the rows before, is lost."""
    known = labels[:at]
    if scores.ndim > 1:
        constant = np.bincount(known.astype(int), minlength=scores.shape[1]) / at
    else:
        constant = np.array(known.mean() if np.isin(labels, (0, 1)).all() else np.median(known))
    plain = find_losses(labels, np.broadcast_to(constant, scores.shape))
    gained = float(plain[:at].mean()) - low
    return gained > 0 and float(plain[at:].mean()) - high <= LEAST_KEPT * gained


def find_losses(labels: Floats, scores: Floats) -> Floats:
    """Return each row's loss on a scale without rare, huge values.

    Of two classes, the probability that the wrong one was given; of several, the squared error over all of them (Brier
    score); of a value, the absolute error.
    """
    if scores.ndim > 1:
        truth = np.eye(scores.shape[1])[labels.astype(int)]
        return np.asarray(((scores - truth) ** 2).sum(axis=1), dtype=np.float64)
    return np.abs(labels - scores)
