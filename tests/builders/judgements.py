"""Builders of what is judged: labels, scores of two models, pairs, holdouts, and the plans of their draws."""

from dataclasses import replace

import numpy as np
import pandas as pd

from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.decisions import decide_classes
from ratchet.evaluation.gains import Pair
from ratchet.evaluation.resampling import Resampling
from ratchet.metrics.arrays import Floats

DISTANCE = 1.19  # between the classes' mean scores, in standard deviations: an area under the curve of 0.80


def make_labels(rows: int = 400, *, share: float = 0.3, seed: int = 1) -> Floats:
    """Binary labels."""
    return (np.random.default_rng([seed, 0]).random(rows) < share).astype(np.float64)


def make_scores(labels: Floats, *, gain: float = 0.0, model: int = 1, alike: float = 0.9, seed: int = 1) -> Floats:
    """Probabilities of one of several models whose errors are alike; `gain` moves its classes further apart."""
    shared = np.random.default_rng([seed, 1]).normal(size=len(labels))
    own = np.random.default_rng([seed, 2, model]).normal(size=len(labels))
    scores = (DISTANCE + gain) * labels + np.sqrt(alike) * shared + np.sqrt(1 - alike) * own
    return 1 / (1 + np.exp(-DISTANCE * (scores - DISTANCE / 2)))


def make_pair(rows: int = 400, *, gain: float = 0.0, seed: int = 1, **changes: object) -> Pair:
    """A challenger and a champion of about 0.80 roc_auc."""
    labels = make_labels(rows, seed=seed)
    pair = Pair(
        metric="roc_auc",
        opponent="champion",
        labels=labels,
        classes=2,
        challenger=make_scores(labels, gain=gain, model=1, seed=seed),
        against=make_scores(labels, model=2, seed=seed),
    )
    return replace(pair, **changes)  # type: ignore[arg-type]


def make_regression_pair(errors: Floats, *, against: Floats, metric: str = "rmse") -> Pair:
    """Two regressions with these errors; the truth is zero."""
    return Pair(
        metric=metric, opponent="champion", labels=np.zeros(len(errors)), classes=0, challenger=errors, against=against
    )


def make_plan(rows: int = 400, **changes: object) -> Resampling:
    """Draws of single rows."""
    return replace(Resampling(method="rows", rows=rows, draws=400, seed=3), **changes)  # type: ignore[arg-type]


def make_frame(rows: int = 400) -> pd.DataFrame:
    """A holdout's columns: numbers, texts and yes-or-no, each with a missing value, and a key of few groups."""
    chance = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "age": chance.integers(18, 90, rows).astype(float),
            "city": chance.choice(["Oslo", "Bern"], rows).astype(object),
            "member": pd.Series(chance.random(rows) < 0.5).astype(object),
            "customer": [f"c{number}" for number in chance.integers(0, max(rows // 10, 1), rows)],
        }
    )
    frame.iloc[:1, :3] = None
    return frame


def make_scored(config: ModelConfig, scores: Floats, frame: pd.DataFrame) -> Scored:
    """Scores with the decisions at one half."""
    return Scored(scores=scores, decisions=decide_classes(config.task, scores, frame))


def make_comparison(config: ModelConfig | None = None, **changes: object) -> Comparison:
    """A challenger, a champion of about 0.80 roc_auc each, and a baseline that says 0.3, on 400 rows.

    `challenger`, `champion` and `baseline` may be scores.
    """
    config = config or make_config()
    labels = changes.pop("labels", make_labels())
    frame = changes.pop("frame", make_frame(len(labels)))
    facts = {
        "challenger": make_scores(labels),
        "champion": make_scores(labels, model=2),
        "baseline": np.full(len(labels), 0.3),
        "classes": 2,
    } | changes
    for side in ("challenger", "champion", "baseline"):
        if isinstance(facts[side], np.ndarray):
            facts[side] = make_scored(config, facts[side], frame)
    return Comparison(config=config, frame=frame, labels=labels, **facts)


def make_series(rows: int, *, memory: float, seed: int = 0) -> Floats:
    """Noise of variance 1 whose neighbours are correlated by `memory` (first-order autocorrelation)."""
    steps = np.random.default_rng([seed, 9]).normal(size=rows + 200)
    series = np.empty(rows + 200)
    last = 0.0
    for place, step in enumerate(steps):
        last = memory * last + np.sqrt(1 - memory**2) * step
        series[place] = last
    return series[200:]
