"""What is judged: rows with their labels, and what challenger, champion and baseline say about them.

The trivial baseline: what a model that looks at no feature would predict, from the labels of train alone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.evaluation.gains import UNNAMED, ClassNames, Pair, influence_difference
from ratchet.evaluation.resampling import Resampling, plan_draws
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions, Task, explain_lost
from ratchet.metrics.registry import find_metric, metrics_of
from ratchet.records.decision import Thresholds
from ratchet.records.modelling import Figure

PER_ROWS = 1000
MILLISECONDS = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What one model says about the rows.

    Attributes:
        scores: probability of the positive class, of every class (one column each), or the value.
        decisions: the class it decides for, as a code from 0; None for regression.
    """

    scores: Floats
    decisions: Floats | None = None


def with_decisions(task: Task, scores: Floats, frame: pd.DataFrame, thresholds: Thresholds | None = None) -> Scored:
    """Put scores beside the decisions that follow from them at a model's thresholds, or at one half."""
    return Scored(scores=scores, decisions=decide_classes(task, scores, frame, thresholds or HALF))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Challenger, champion and baseline on the same rows.

    Attributes:
        config: the model's YAML.
        frame: the rows in their order, with features, keys and time.
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        challenger: what the challenger says.
        champion: what the champion says; None when there is none or it can't score these rows.
        baseline: what the trivial baseline says.
        names: of the classes, to tell the rarest.
    """

    config: ModelConfig
    frame: pd.DataFrame
    labels: Floats
    classes: int
    challenger: Scored
    champion: Scored | None
    baseline: Scored
    names: ClassNames = UNNAMED

    def against_champion(self, metric: str) -> Pair | None:
        """Pair challenger and champion by a metric; None without a champion."""
        return None if self.champion is None else self._pair(metric, self.champion, "champion")

    def against_baseline(self, metric: str) -> Pair:
        """Pair challenger and baseline by a metric."""
        return self._pair(metric, self.baseline_for(metric), "baseline")

    def baseline_for(self, metric: str) -> Scored:
        """Return what the trivial baseline says; where only hits count, it decides every row for the positive class.

        A constant below one half decides no row for it, and so has no precision and the worst f1 there is.
        """
        if not find_metric(metric).baseline_is_positive:
            return self.baseline
        return Scored(scores=self.baseline.scores, decisions=np.ones(len(self.labels)))

    @property
    def models(self) -> dict[str, Scored]:
        """Challenger and, where there is one, champion, by what they are called."""
        return {"challenger": self.challenger} | ({} if self.champion is None else {"champion": self.champion})

    def find_lost(self) -> str | None:
        """Return whose predictions are no finite numbers, one sentence; None when all are."""
        lost = (explain_lost(name, scored.scores) for name, scored in self.models.items())
        return next(filter(None, lost), None)

    def plan(self, pair: Pair) -> Resampling:
        """Plan the draws for a pair."""
        return plan_pair(self.config, self.frame, pair)

    def _pair(self, metric: str, opponent: Scored, name: str) -> Pair:
        return Pair(
            metric=metric,
            opponent=name,
            labels=self.labels,
            classes=self.classes,
            challenger=read_for(metric, self.challenger),
            against=read_for(metric, opponent),
            options=self.config.evaluation.options,
            names=self.names,
        )


def plan_pair(config: ModelConfig, frame: pd.DataFrame, pair: Pair) -> Resampling:
    """Plan the draws for a pair; where nothing can be measured any plan will do, as the gain says why."""
    is_finite = np.isfinite(pair.challenger).all() and np.isfinite(pair.against).all()
    can_measure = is_finite and all(
        find_metric(pair.metric).is_defined(pair.labels, predictions) for predictions in (pair.challenger, pair.against)
    )
    influence = _scale(influence_difference(pair)) if can_measure else np.zeros(len(pair.labels))
    return plan_draws(config, frame, influence)


def _scale(influence: Floats) -> Floats:
    """Bring figures of any size between -1 and 1: only how they hang together counts for the length of blocks."""
    largest = float(np.abs(influence).max(initial=0))
    scaled: Floats = influence / largest if 0 < largest < np.inf else np.zeros_like(influence)
    return scaled


def read_for(metric: str, scored: Scored) -> Floats:
    """Return what a metric looks at: decisions for those that count right and wrong ones, else scores."""
    if find_metric(metric).is_decided and scored.decisions is not None:
        return scored.decisions
    return scored.scores


def measure_figures(config: ModelConfig, labels: Floats, scored: Scored, seconds: float) -> tuple[Figure, ...]:
    """Return the metrics of the task and the time per 1,000 rows, in milliseconds.

    Args:
        config: the model's YAML.
        labels: class codes from 0, or values.
        scored: what the candidate says of these rows.
        seconds: how long it took to say so; with other candidates on the same machine, so a rough figure.
    """
    options = config.evaluation.options
    figures = [
        Figure(
            name=metric,
            value=find_metric(metric).measure(labels, read_for(metric, scored), options),
            is_smaller_better=find_metric(metric).is_loss,
        )
        for metric in metrics_of(config.task)
    ]
    taken = seconds * MILLISECONDS * PER_ROWS / len(labels) if len(labels) else None
    return (*figures, Figure(name="score_ms", value=taken, is_smaller_better=True))


def score_baseline(config: ModelConfig, train_labels: Floats, frame: pd.DataFrame, *, classes: int) -> Scored:
    """Return what the trivial baseline says about some rows, with its decisions.

    Raises:
        ValueError: there are no labels to learn from.
    """
    constant = predict_baseline(
        config.metric,
        train_labels,
        classes=classes,
        rows=len(frame),
        options=config.evaluation.options,
        task=config.task,
    )
    return with_decisions(config.task, constant, frame)


def predict_baseline(
    metric: str,
    train_labels: Floats,
    *,
    classes: int,
    rows: int,
    options: MetricOptions = DEFAULT_OPTIONS,
    task: Task = "binary",
) -> Floats:
    """Return the same prediction for every row: the classes' shares, a quantile, or the mean.

    For regression it is the metric's best constant.

    Args:
        metric: the primary metric; it decides what the best constant is.
        train_labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        rows: how many rows to predict.
        options: what some metrics need.
        task: the model's; multiclass gives every class a column, even where there are two of them.

    Raises:
        ValueError: there are no labels to learn from.
    """
    if not len(train_labels):
        raise ValueError("a baseline needs at least one row to learn from")
    if not classes:
        return np.full(rows, find_metric(metric).best_constant(train_labels, options))
    shares = np.bincount(train_labels.astype(np.intp), minlength=classes) / len(train_labels)
    return np.full(rows, shares[1]) if classes == 2 and task != "multiclass" else np.tile(shares, (rows, 1))
