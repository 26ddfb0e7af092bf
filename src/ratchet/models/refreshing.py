"""Make a model from an older one: its trees and more of them, or its trees with other values in their leaves.

Its preparation stays: a code that meant a city means that city. A correction of its probabilities is left out, as it
was learnt on rows that may judge today.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from xgboost import XGBModel

from ratchet.artifacts.estimators import read_pipeline
from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec, Setting
from ratchet.errors import TrainingError
from ratchet.metrics.metric import Task
from ratchet.models.candidates import estimator_errors
from ratchet.models.catalogue import SEED_LIMIT, find_entry
from ratchet.models.labels import Floats
from ratchet.models.recalibration import bare_estimator
from ratchet.records.modelling import Refresh
from ratchet.timeline import Moment

USUAL = {"n_estimators": 100, "learning_rate": 0.1}  # of an estimator whose entry says neither
PART = 0.2  # of the trees of a full fit: an increment
SLOWER = 0.5  # times the rate of a full fit
# XGBoost's way to refit leaves. It needs as many rounds as there are trees, or it drops the rest (dmlc/xgboost 10390),
# and rows that are not binned, which "approx" gives it.
IN_PLACE: Mapping[str, object] = {
    "process_type": "update",
    "updater": "refresh",
    "refresh_leaf": True,
    "tree_method": "approx",
    "verbosity": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model that a candidate starts from.

    Attributes:
        pipeline: the model.
        until: the newest row that it has learnt.
    """

    pipeline: Pipeline
    until: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Rows to learn: features, labels, and how much each row counts."""

    features: pd.DataFrame
    labels: Floats
    weights: Floats | None = None


def resume(config: ModelConfig, refreshes: Sequence[Refresh]) -> ModelConfig:
    """Return the YAML with the ways of its candidates that were found to be possible."""
    by_name = {each.name: each for each in refreshes}
    candidates = (
        each.model_copy(update={"refresh": found.way, "parameters": json.loads(found.parameters)})
        if (found := by_name.get(each.name))
        else each
        for each in config.candidates
    )
    return config.model_copy(update={"candidates": tuple(candidates)})


def read_base(refresh: Refresh | None, home: Path) -> Base | None:
    """Read what a candidate starts from; None where its fit is full.

    Raises:
        ArtifactError: its file is not what the record says.
    """
    if refresh is None or refresh.start is None or refresh.until is None:
        return None
    return Base(pipeline=read_pipeline(refresh.start, home), until=refresh.until)


def start_again(spec: CandidateSpec, base: Pipeline, lesson: Lesson, task: Task, *, threads: int) -> Pipeline:
    """Continue a model, or refit its leaves. It stays as it is; a new one is returned.

    Raises:
        TrainingError: the estimator has no way to do so, or refuses these rows.
    """
    model, entry = bare_estimator(base), find_entry(spec.estimator)
    prepared = base[:-1].transform(lesson.features)
    settings: dict[str, object] = {} if lesson.weights is None else {"sample_weight": lesson.weights}
    settings |= entry.mark_at_fit(_find_categories(base[0], prepared.shape[1]))
    if spec.refresh == "incremental" and entry.start_argument is None:
        made = _learn_more(model, prepared, lesson.labels, settings)
    else:
        plain = {**entry.choose(task)[1], **spec.parameters}
        changes = _plan_more(plain) if spec.refresh == "incremental" else _keep_trees(model, plain)
        made = clone(model).set_params(**changes, random_state=_draw_anew(model), n_jobs=threads)
        with estimator_errors():
            made.fit(prepared, lesson.labels, **settings, **{str(entry.start_argument): model})
        # LightGBM holds on to the model that it has continued; a copy does not.
        made = copy.deepcopy(made) if spec.refresh == "incremental" else _finish(made, model)
    return Pipeline([*base.steps[:-1], (base.steps[-1][0], made)])


def _learn_more(
    model: BaseEstimator, prepared: object, labels: Floats, settings: Mapping[str, object]
) -> BaseEstimator:
    if not hasattr(model, "partial_fit"):
        raise TrainingError(f"a {type(model).__name__} can't learn more rows: it has no `partial_fit`")
    made = copy.deepcopy(model)
    with estimator_errors():
        made.partial_fit(prepared, labels, **settings)
    return made


def _plan_more(plain: Mapping[str, Setting]) -> dict[str, object]:
    """An increment is a fifth of the trees at half the rate: five of them double a model, which a refit may do."""
    trees, rate = (float(plain.get(name) or usual) for name, usual in USUAL.items())
    return {"n_estimators": max(round(PART * trees), 1), "learning_rate": SLOWER * rate}


def _draw_anew(model: BaseEstimator) -> int:
    """Return another seed than the model's: with the same one, XGBoost goes on where its last fit ended."""
    return (int(model.get_params().get("random_state") or 0) + 1) % SEED_LIMIT


def _keep_trees(model: BaseEstimator, plain: Mapping[str, Setting]) -> dict[str, object]:
    if not isinstance(model, XGBModel):
        raise TrainingError(f"the leaves of a {type(model).__name__} can't be refitted: only XGBoost's can")
    rate = plain.get("learning_rate") or USUAL["learning_rate"]
    return {**IN_PLACE, "n_estimators": _count_rounds(model), "learning_rate": rate}


def _finish(made: XGBModel, model: XGBModel) -> XGBModel:
    """Let the next fit of a model grow trees again."""
    if _count_rounds(made) != _count_rounds(model):
        raise TrainingError(f"XGBoost kept {_count_rounds(made)} of {_count_rounds(model)} rounds of trees")
    given = model.get_params()
    return made.set_params(**{name: given.get(name) for name in (*IN_PLACE, "n_estimators")})


def _count_rounds(model: XGBModel) -> int:
    return int(model.get_booster().num_boosted_rounds())


def _find_categories(prepare: ColumnTransformer, columns: int) -> list[bool]:
    """Return of each prepared column whether it holds categories."""
    place = prepare.output_indices_.get("categories", slice(0, 0))
    return [at in range(*place.indices(columns)) for at in range(columns)]
