"""What really happened, with every label: in which windows the champion was worse than on its holdout."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

Floats = np.ndarray
LOSS = 0.05  # worse by so much, as a share of the holdout's figure
SHOWN = 0.05  # one-sided error at which a loss counts as shown
DRAWS = 200
LEAST_ROWS = 50
LEAST_RARE = 10
SEED = 20240501


def measure_area(labels: Floats, scores: Floats) -> float:
    """Measure the area under the ROC curve; NaN with one class only."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)[labels > 0].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def measure_log_loss(labels: Floats, scores: Floats) -> float:
    """Measure the mean of minus the logarithm of the probability of what came."""
    chance = np.clip(np.where(labels > 0, scores, 1 - scores), 1e-7, 1)
    return float(-np.log(chance).mean())


def measure_rmse(labels: Floats, scores: Floats) -> float:
    """Measure the root of the mean squared error."""
    return float(np.sqrt(((labels - scores) ** 2).mean()))


METRICS: Mapping[str, Callable[[Floats, Floats], float]] = {
    "roc_auc": measure_area,
    "log_loss": measure_log_loss,
    "rmse": measure_rmse,
}
LOWER_IS_BETTER = ("log_loss", "rmse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one window, every label known.

    Attributes:
        labels: codes of classes, or values.
        scores: probabilities, or values.
        days: each row's day: rows of a day are drawn together.
    """

    labels: Floats
    scores: Floats
    days: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened in one window.

    Attributes:
        rows: in the window.
        value: the primary metric; None with too few rows to tell.
        loss: by how much worse than the holdout, as a share of its figure; None likewise.
        degraded: whether that is 5 % or more, and shown; None likewise.
    """

    rows: int
    value: float | None = None
    loss: float | None = None
    degraded: bool | None = None


def find_truth(metric: str, holdout: Rows, windows: Sequence[Rows]) -> list[Truth]:
    """Compare each window with the holdout; days are drawn anew for both to see what chance does."""
    chance = np.random.default_rng(SEED)
    usual = METRICS[metric](holdout.labels, holdout.scores)
    spread = np.array(list(_draw(metric, holdout, chance))) - usual
    return [_judge(metric, rows, usual, spread, chance) for rows in windows]


def _judge(metric: str, rows: Rows, usual: float, spread: Floats, chance: np.random.Generator) -> Truth:
    if not _is_enough(metric, rows):
        return Truth(rows=len(rows.labels))
    value = METRICS[metric](rows.labels, rows.scores)
    turn = 1.0 if metric in LOWER_IS_BETTER else -1.0
    loss = turn * (value - usual) / usual
    draws = np.array(list(_draw(metric, rows, chance)))
    losses = turn * (draws - usual - spread) / usual
    is_shown = float(np.nanquantile(losses, SHOWN)) > 0
    return Truth(rows=len(rows.labels), value=value, loss=loss, degraded=bool(loss >= LOSS and is_shown))


def _is_enough(metric: str, rows: Rows) -> bool:
    if len(rows.labels) < LEAST_ROWS:
        return False
    return metric != "roc_auc" or min(rows.labels.sum(), len(rows.labels) - rows.labels.sum()) >= LEAST_RARE


def _draw(metric: str, rows: Rows, chance: np.random.Generator) -> Iterator[float]:
    """Draw days with replacement, and measure."""
    _, codes = np.unique(rows.days, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    days = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    for _ in range(DRAWS):
        drawn = np.concatenate([days[place] for place in chance.integers(0, len(days), len(days))])
        yield METRICS[metric](rows.labels[drawn], rows.scores[drawn])
