"""What really happened, with every label: in which windows the champion was worse than on its holdout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, t

Floats = np.ndarray
LOSS = 0.05  # worse by so much, as a share of the holdout's figure
SHOWN = 0.05  # one-sided error at which a loss counts as shown
DRAWS = 200
LEAST_ROWS = 50
LEAST_RARE = 10
LEAST_DAYS = 3
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


def measure_mae(labels: Floats, scores: Floats) -> float:
    """Measure the mean absolute error."""
    return float(np.abs(labels - scores).mean())


METRICS: Mapping[str, Callable[[Floats, Floats], float]] = {
    "roc_auc": measure_area,
    "log_loss": measure_log_loss,
    "rmse": measure_rmse,
    "mae": measure_mae,
}
LOWER_IS_BETTER = ("log_loss", "rmse", "mae")


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
    """Compare each window with the holdout; days are drawn anew on both sides to see what chance does."""
    chance = np.random.default_rng(SEED)
    usual = METRICS[metric](holdout.labels, holdout.scores)
    error = _find_error(metric, holdout, chance)
    return [_judge(metric, rows, (usual, error), chance) for rows in windows]


def _judge(metric: str, rows: Rows, holdout: tuple[float, float], chance: np.random.Generator) -> Truth:
    if not _is_enough(metric, rows):
        return Truth(rows=len(rows.labels))
    usual, error = holdout
    value = METRICS[metric](rows.labels, rows.scores)
    loss = (value - usual if metric in LOWER_IS_BETTER else usual - value) / usual
    # few days are known to differ by less than they do: hence Student's quantile
    reach = t.ppf(1 - SHOWN, len(np.unique(rows.days)) - 1) * np.hypot(_find_error(metric, rows, chance), error) / usual
    return Truth(rows=len(rows.labels), value=value, loss=loss, degraded=bool(loss >= LOSS and loss > reach))


def _is_enough(metric: str, rows: Rows) -> bool:
    if len(rows.labels) < LEAST_ROWS or len(np.unique(rows.days)) < LEAST_DAYS:
        return False
    return metric != "roc_auc" or min(rows.labels.sum(), len(rows.labels) - rows.labels.sum()) >= LEAST_RARE


def _find_error(metric: str, rows: Rows, chance: np.random.Generator) -> float:
    """Return the standard error of a metric, from days drawn with replacement."""
    _, codes = np.unique(rows.days, return_inverse=True)
    days = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    draws = [np.concatenate([days[place] for place in chance.integers(0, len(days), len(days))]) for _ in range(DRAWS)]
    values = [METRICS[metric](rows.labels[drawn], rows.scores[drawn]) for drawn in draws]
    return float(np.nanstd(values) * np.sqrt(len(days) / (len(days) - 1)))
