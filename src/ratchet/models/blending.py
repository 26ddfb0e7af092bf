"""A blend: the weighted mean of what several candidates say, as one model.

Weights: Caruana and others, Ensemble selection from libraries of models (ICML 2004): candidates are added one by one,
with replacement, each time the one that helps most.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task

DRAWS = 10  # so weights are tenths
LEAST = 2  # members: one alone is no blend

Measure = Callable[[int, Floats], float]  # of a fold and its predictions to a score, higher is better


@dataclass(frozen=True, slots=True, kw_only=True)
class Blended:
    """How a blend is weighed, and what it is worth.

    Attributes:
        weights: each member's, by name; they add up to one.
        scores: on each fold, with the weights that the other folds give.
    """

    weights: Mapping[str, float]
    scores: tuple[float, ...]


def weigh(predictions: Mapping[str, Sequence[Floats]], measure: Measure) -> Blended | None:
    """Weigh members by their predictions on folds; None where one of them alone is taken.

    Args:
        predictions: of each member, an array a fold.
        measure: the primary metric of predictions on a fold.
    """
    folds = len(next(iter(predictions.values())))
    weights = choose_weights(predictions, range(folds), measure)
    if len(weights) < LEAST or folds < LEAST:
        return None
    scores = []
    for fold in range(folds):
        others = choose_weights(predictions, [each for each in range(folds) if each != fold], measure)
        scores.append(measure(fold, _mix(predictions, others, fold)))
    return Blended(weights=weights, scores=tuple(scores))


def choose_weights(
    predictions: Mapping[str, Sequence[Floats]], folds: Sequence[int], measure: Measure
) -> dict[str, float]:
    """Return the weights of the members that are drawn at all; a tie goes to the one that was named first."""
    drawn = dict.fromkeys(predictions, 0)
    for _ in range(DRAWS):
        worth = {}
        for name in predictions:
            tried = {**drawn, name: drawn[name] + 1}
            worth[name] = np.mean([measure(fold, _mix(predictions, tried, fold)) for fold in folds])
        drawn[max(worth, key=lambda name: worth[name])] += 1
    return {name: count / DRAWS for name, count in drawn.items() if count}


def _mix(predictions: Mapping[str, Sequence[Floats]], weights: Mapping[str, float], fold: int) -> Floats:
    total = sum(weights.values())
    parts = (weight / total * predictions[name][fold] for name, weight in weights.items() if weight)
    return np.asarray(sum(parts), dtype=np.float64)


def assemble(
    members: Mapping[str, tuple[Pipeline, float]], features: pd.DataFrame, task: Task, *, classes: int
) -> Pipeline:
    """Put fitted pipelines together into one, which answers with their weighted mean.

    Args:
        members: each fitted pipeline with its weight.
        features: what they are asked about, some rows.
        task: the model's.
        classes: how many the target has; each member knows all of them.
    """
    make = VotingRegressor if task == "regression" else VotingClassifier
    pairs = [(name, pipeline) for name, (pipeline, _) in members.items()]
    vote = make(pairs, weights=[weight for _, weight in members.values()])
    vote.estimators_ = [pipeline for _, pipeline in pairs]
    vote.estimators = [(name, "fitted") for name, _ in pairs]  # else every member would be in the file twice
    if task != "regression":
        vote.voting = "soft"
        vote.le_ = LabelEncoder().fit(np.arange(classes, dtype=np.float64))
        vote.classes_ = vote.le_.classes_
    columns = [*dict.fromkeys(name for _, pipeline in pairs for name in pipeline.feature_names_in_)]
    step = ColumnTransformer([("features", "passthrough", columns)], verbose_feature_names_out=False)
    return Pipeline([("prepare", step.set_output(transform="pandas").fit(features[columns])), ("model", vote)])
