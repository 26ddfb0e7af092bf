import numpy as np
import pytest
from benchmarks.streams.truth import METRICS, Rows, find_truth
from sklearn.metrics import log_loss, mean_absolute_error, roc_auc_score, root_mean_squared_error

PEERS = {"roc_auc": roc_auc_score, "log_loss": log_loss, "rmse": root_mean_squared_error, "mae": mean_absolute_error}


def draw(rows: int, *, noise: float, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    labels = (chance.random(rows) < 0.4).astype(float)
    scores = 1 / (1 + np.exp(-(labels * 2 - 1 + chance.normal(size=rows) * noise)))
    return Rows(labels=labels, scores=scores, days=np.arange(rows) // 50)


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_are_scikit_learns(metric):
    rows = draw(300, noise=1, seed=0)
    assert METRICS[metric](rows.labels, rows.scores) == pytest.approx(PEERS[metric](rows.labels, rows.scores))


@pytest.mark.parametrize("metric", METRICS)
def test_only_a_worse_window_is_degraded(metric):
    holdout, same, worse = (draw(1000, noise=noise, seed=seed) for seed, noise in enumerate((1, 1, 3)))
    assert [each.degraded for each in find_truth(metric, holdout, [same, worse])] == [False, True]


def test_of_too_few_rows_nothing_is_told():
    (truth,) = find_truth("roc_auc", draw(1000, noise=1, seed=0), [draw(30, noise=3, seed=1)])
    assert truth.degraded is None
