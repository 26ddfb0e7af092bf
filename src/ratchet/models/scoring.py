"""Predictions of a fitted pipeline, in chunks so that memory does not grow with the rows."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ratchet.config.model import ModelConfig
from ratchet.errors import ArtifactError, DataError, TrainingError, list_names
from ratchet.metrics.metric import Task
from ratchet.models.candidates import estimator_errors
from ratchet.models.few_rows import FEW, Columns, FewRows, as_few_features
from ratchet.models.labels import Floats
from ratchet.models.preprocessing import as_features

LARGEST_CHUNK = 1 << 16  # rows; some 100 MB for 45 features, categories as columns of their own
SMALLEST_CHUNK = 1 << 12  # below that, each chunk's own cost shows


def score_rows(pipeline: Pipeline, frame: pd.DataFrame, config: ModelConfig) -> Floats:
    """Predict one number a row: the positive class's probability, or the value; multiclass has a column a class.

    Raises:
        DataError: a feature is missing or of another type, or the model was fitted on other features.
        TrainingError: the model can't score these rows.
    """
    known = config.data.features
    if foreign := [name for name in pipeline.feature_names_in_ if name not in known]:
        raise DataError(
            f"the model was fitted on {list_names(foreign)}, which the config does not name as features; "
            "score with the config that it was trained with"
        )
    predict = _PREDICTIONS[config.task]
    if frame.empty:
        return _nothing(pipeline, config.task)
    if len(frame) <= FEW:
        return predict(FewRows(pipeline), as_few_features(frame, known))
    # a quarter of a small frame: what is made of a chunk stays small beside the frame itself
    size = min(max(len(frame) // 4, SMALLEST_CHUNK), LARGEST_CHUNK)
    starts = range(0, len(frame), size)
    return np.concatenate([predict(pipeline, as_features(frame.iloc[at : at + size], known)) for at in starts])


def score_old_model(pipeline: Pipeline, frame: pd.DataFrame, config: ModelConfig) -> Floats:
    """Predict with a model of another run, which may not fit these rows.

    Raises:
        ArtifactError: the model does not fit the columns.
        DataError: a feature is missing or of another type, or the model was fitted on other features.
    """
    try:
        return score_rows(pipeline, frame, config)
    except TrainingError as error:
        # scikit-learn and XGBoost have no error of their own for columns that a model does not fit
        raise ArtifactError(f"it does not fit these columns: {error}") from error


def score_alike(pipeline: Pipeline, frame: pd.DataFrame, config: ModelConfig, scores: Floats) -> Floats:
    """Predict as `score_old_model`, as many numbers a row as in `scores`.

    Raises:
        ArtifactError: the model does not fit the columns, or gives another number of figures a row.
        DataError: a feature is missing or of another type, or the model was fitted on other features.
    """
    scored = score_old_model(pipeline, frame, config)
    if scored.shape != scores.shape:
        theirs, ours = (values.size // len(frame) for values in (scored, scores))
        raise ArtifactError(f"it gives {theirs} numbers a row, the challenger gives {ours}")
    return scored


def _nothing(pipeline: Pipeline, task: Task) -> Floats:
    shape = (0, len(pipeline.classes_)) if task == "multiclass" else (0,)
    return np.empty(shape, dtype=np.float64)


def _positive(pipeline: Pipeline | FewRows, features: pd.DataFrame | Columns) -> Floats:
    with estimator_errors():
        return np.asarray(pipeline.predict_proba(features)[:, 1], dtype=np.float64)


def _every_class(pipeline: Pipeline | FewRows, features: pd.DataFrame | Columns) -> Floats:
    """XGBoost answers in single precision: in double the rows do not add up to one closely enough any more."""
    with estimator_errors():
        shares = np.asarray(pipeline.predict_proba(features), dtype=np.float64)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


def _value(pipeline: Pipeline | FewRows, features: pd.DataFrame | Columns) -> Floats:
    with estimator_errors():
        return np.asarray(pipeline.predict(features), dtype=np.float64)


_PREDICTIONS: Mapping[Task, Callable[[Pipeline | FewRows, pd.DataFrame | Columns], Floats]] = {
    "binary": _positive,
    "multiclass": _every_class,
    "regression": _value,
}
