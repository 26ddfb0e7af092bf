"""A blend: the mean of what several candidates, or models of several ages, say, as one model.

All weigh the same. Weights that are estimated on few blocks of a moving world follow these blocks, and plain means are
hard to beat (Clemen, Combining forecasts, International Journal of Forecasting, 1989); a member without which the
others are clearly better is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task

Scores = tuple[float, ...]  # one a fold
AGE = "age "  # and a number: what a member is called in a blend of ages; no candidate's name has a space
MOST_AGES = 3  # the oldest makes room
TINY = 1e-9  # no loss at all
LIGHTEST = 0.1  # a member that would weigh less is retired

Measure = Callable[[int, Floats], float]  # of a fold and its predictions to a score, higher is better
IsAsGood = Callable[[Scores, Scores], bool]  # whether the first are nearly as good as the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Blended:
    """Who is in a blend, and what it is worth.

    Attributes:
        members: their names; each weighs the same.
        scores: on each fold.
    """

    members: tuple[str, ...]
    scores: Scores

    @property
    def weights(self) -> dict[str, float]:
        """Each member's; they add up to one."""
        return dict.fromkeys(self.members, 1 / len(self.members))


def choose_members(predictions: Mapping[str, Sequence[Floats]], measure: Measure, is_as_good: IsAsGood) -> Blended:
    """Leave members out, one at a time, as long as the others are clearly better without; one may be left.

    Args:
        predictions: of each member, an array a fold.
        measure: the primary metric of predictions on a fold.
        is_as_good: what is close enough to stay.
    """

    def blend(names: tuple[str, ...]) -> Blended:
        folds = zip(*(predictions[name] for name in names), strict=True)
        mixed = (np.mean(each, axis=0) for each in folds)
        return Blended(members=names, scores=tuple(measure(place, each) for place, each in enumerate(mixed)))

    whole = blend(tuple(predictions))
    while len(whole.members) > 1:
        fewer = (blend(tuple(name for name in whole.members if name != out)) for out in whole.members)
        best = max(fewer, key=lambda each: mean(each.scores))
        if is_as_good(whole.scores, best.scores):
            break
        whole = best
    return whole


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


def weigh_ages(losses: Mapping[str, float]) -> dict[str, float]:
    """Weigh models by their loss on the same recent rows, as variances are weighed, and retire those that hardly count.

    Bates and Granger, The combination of forecasts (Operational Research Quarterly 1969).
    """
    worth = {name: 1 / max(loss, TINY) ** 2 for name, loss in losses.items()}
    kept = {name: each for name, each in worth.items() if each >= LIGHTEST * sum(worth.values())}
    return {name: each / sum(kept.values()) for name, each in kept.items()}


def name_ages(count: int) -> list[str]:
    """Return what the members of a blend of ages are called, the newest first."""
    return [f"{AGE}{place}" for place in range(count)]


def list_ages(pipeline: Pipeline) -> list[Pipeline]:
    """Return the models of different age that are in one, the newest first; any other model is the only one."""
    model = pipeline[-1]
    if isinstance(model, VotingClassifier | VotingRegressor) and model.estimators[0][0].startswith(AGE):
        return list(model.estimators_)
    return [pipeline]
