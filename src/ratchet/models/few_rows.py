"""A short way from a few rows to a prediction: the same conversions, transformers and trees, without their overhead.

On one row nearly all time goes into pandas' columns, scikit-learn's checks and starting threads. What is unusual (a
value to refuse, a transformer or an estimator not named here) goes the long way, which alone decides what it means.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from ratchet.models.labels import Floats
from ratchet.models.preprocessing import LARGEST, TRUTH, as_features
from ratchet.models.recalibration import bare_estimator
from ratchet.records.columns import ColumnKind

FEW = 16  # rows; beyond, the long way is as quick
EXACT = 1 << 53  # whole numbers below are the same in floating point
PLAIN = (bool, int, float)
FORESTS = {
    "predict": (ExtraTreesRegressor, RandomForestRegressor),
    "predict_proba": (ExtraTreesClassifier, RandomForestClassifier),
}
HISTOGRAMS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


class FewRows:
    """A fitted pipeline that predicts a few rows, with equal results."""

    def __init__(self, pipeline: Pipeline) -> None:
        *self._steps, self._model = (step for _, step in pipeline.steps)
        self._bare = bare_estimator(pipeline)

    def predict(self, features: pd.DataFrame) -> Any:
        """Predict values."""
        return self._ask("predict", features)

    def predict_proba(self, features: pd.DataFrame) -> Any:
        """Predict a probability for each class."""
        return self._ask("predict_proba", features)

    def _ask(self, method: str, features: pd.DataFrame) -> Any:
        prepared: Any = features
        with config_context(skip_parameter_validation=True):  # they were validated when it was fitted
            for step in self._steps:
                prepared = _transform(step, prepared)
            if type(self._model) in FORESTS[method]:
                return _ask_trees(self._model, prepared)
            with _one_thread() if isinstance(self._bare, HISTOGRAMS) else nullcontext():
                return getattr(self._model, method)(prepared)


def as_few_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> pd.DataFrame:
    """Return what `as_features` returns of a few rows.

    Raises:
        DataError: a feature is missing, or a value is not of its type.
    """
    try:
        columns: dict[str, NDArray[Any]] = {
            name: np.array(list(map(_CONVERSIONS[kind], frame[name].tolist())), dtype=_TYPES[kind])
            for name, kind in features.items()
        }
    except (KeyError, _UnusualError):
        return as_features(frame, features)
    return pd.DataFrame(columns, index=frame.index, columns=list(features))


class _UnusualError(ValueError):
    pass


def _as_number(value: object) -> float:
    if isinstance(value, float) or (type(value) is int and abs(value) < EXACT):
        return float(value) if abs(value) <= LARGEST else np.nan
    return _as_missing(value)


def _as_boolean(value: object) -> float:
    if type(value) in PLAIN and value in TRUTH:
        return TRUTH[value]
    return _as_missing(value)


def _as_category(value: object) -> str | float:
    if isinstance(value, str):
        return str(value)
    if type(value) in PLAIN and value == value:
        return str(value)
    return _as_missing(value)


def _as_missing(value: object) -> float:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return np.nan
    raise _UnusualError


_CONVERSIONS: Mapping[ColumnKind, Callable[[object], object]] = {
    ColumnKind.NUMERIC: _as_number,
    ColumnKind.BOOLEAN: _as_boolean,
    ColumnKind.CATEGORICAL: _as_category,
}
_TYPES: Mapping[ColumnKind, type] = {
    ColumnKind.NUMERIC: np.float64,
    ColumnKind.BOOLEAN: np.float64,
    ColumnKind.CATEGORICAL: object,
}


def _transform(step: Any, rows: Any) -> Any:
    """Give each transformer its columns, and put side by side what they make of them."""
    if type(step) is not ColumnTransformer or getattr(step, "_sklearn_output_config", None):
        return step.transform(rows)
    parts = [
        each.transform(rows[columns]) for _, each, columns in step.transformers_ if each != "drop" and len(columns)
    ]
    if step.sparse_output_:
        return sparse.hstack([part if sparse.issparse(part) else np.asarray(part) for part in parts]).tocsr()
    return np.hstack([part.toarray() if sparse.issparse(part) else part for part in parts])


def _ask_trees(forest: Any, rows: Any) -> Floats:
    """Add the trees' answers up in their order; the forest itself starts threads, and each tree checks the rows."""
    single = np.asarray(rows, dtype=np.float32)
    answers = sum(tree.tree_.predict(single) for tree in forest.estimators_) / len(forest.estimators_)
    return np.asarray(answers if hasattr(forest, "classes_") else answers[:, 0], dtype=np.float64)


def _one_thread() -> AbstractContextManager[object]:
    """Keep histogram boosting from starting a thread a core: on one row they only wait for one another."""
    limited: AbstractContextManager[object] = _thread_pools().limit(limits=1, user_api="openmp")
    return limited


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()
