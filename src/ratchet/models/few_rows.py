"""A short way from a few rows to a prediction: the same conversions, transformers and trees, without their overhead.

On one row nearly all time goes into pandas' columns, scikit-learn's checks and starting threads. What is unusual (a
value to refuse, a transformer or an estimator not named here) goes the long way, which alone decides what it means.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

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
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from ratchet.models.labels import Floats
from ratchet.models.preprocessing import FARTHEST, LARGEST, TRUTH, as_features
from ratchet.models.recalibration import bare_estimator
from ratchet.records.columns import ColumnKind

FEW = 16  # rows; beyond, the long way is as quick
EXACT = 1 << 53  # whole numbers below are the same in floating point
PLAIN = (bool, int, float)
MOST_CATEGORIES = 10_000  # of a column whose codes are remembered
FORESTS = {
    "predict": (ExtraTreesRegressor, RandomForestRegressor),
    "predict_proba": (ExtraTreesClassifier, RandomForestClassifier),
}
HISTOGRAMS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
Columns = Mapping[str, NDArray[Any]]


class FewRows:
    """A fitted pipeline that predicts a few rows, with equal results."""

    def __init__(self, pipeline: Pipeline) -> None:
        *self._steps, self._model = (step for _, step in pipeline.steps)
        self._bare = bare_estimator(pipeline)

    def predict(self, features: Columns | pd.DataFrame) -> Any:
        """Predict values."""
        return self._ask("predict", features)

    def predict_proba(self, features: Columns | pd.DataFrame) -> Any:
        """Predict a probability for each class."""
        return self._ask("predict_proba", features)

    def prepare(self, features: Columns | pd.DataFrame) -> Any:
        """Return what the steps before the model make of the features."""
        prepared: Any = features
        for step in self._steps:
            prepared = _transform(step, prepared)
        return prepared

    def _ask(self, method: str, features: Columns | pd.DataFrame) -> Any:
        with config_context(skip_parameter_validation=True):  # they were validated when it was fitted
            prepared = self.prepare(features)
            if type(self._model) in FORESTS[method]:
                return _ask_trees(self._model, prepared)
            with _one_thread() if isinstance(self._bare, HISTOGRAMS) else nullcontext():
                return getattr(self._model, method)(prepared)


def as_few_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> Columns:
    """Return what `as_features` returns of a few rows, column by column: a data frame takes its time.

    Raises:
        DataError: a feature is missing, or a value is not of its type.
    """
    try:
        return {
            name: np.array(list(map(_CONVERSIONS[kind], frame[name].tolist())), dtype=_TYPES[kind])
            for name, kind in features.items()
        }
    except (KeyError, _UnusualError):
        converted = as_features(frame, features)
        return {name: converted[name].to_numpy() for name in features}


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


def _as_text(value: object) -> str:
    category = _as_category(value)
    return category if isinstance(category, str) else ""


def _as_days(value: object) -> float:
    number = _as_number(value)
    return number if abs(number) <= FARTHEST else np.nan


def _as_missing(value: object) -> float:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return np.nan
    raise _UnusualError


_CONVERSIONS: Mapping[ColumnKind, Callable[[object], object]] = {
    ColumnKind.NUMERIC: _as_number,
    ColumnKind.BOOLEAN: _as_boolean,
    ColumnKind.CATEGORICAL: _as_category,
    ColumnKind.DATETIME: _as_days,
    ColumnKind.TEXT: _as_text,
}
_TYPES: Mapping[ColumnKind, type] = {
    ColumnKind.NUMERIC: np.float64,
    ColumnKind.BOOLEAN: np.float64,
    ColumnKind.CATEGORICAL: object,
    ColumnKind.DATETIME: np.float64,
    ColumnKind.TEXT: object,
}


def _transform(step: Any, rows: Any) -> Any:
    """Give each transformer its columns, and put side by side what they make of them."""
    has_columns = isinstance(rows, dict)
    if not has_columns or type(step) is not ColumnTransformer or getattr(step, "_sklearn_output_config", None):
        return step.transform(pd.DataFrame(rows) if has_columns else rows)
    chosen = [(each, names) for _, each, names in step.transformers_ if each != "drop" and len(names)]
    parts = [_make_part(each, {name: rows[name] for name in names}) for each, names in chosen]
    if step.sparse_output_:
        return sparse.hstack(parts).tocsr()
    return np.hstack([part.toarray() if sparse.issparse(part) else part for part in parts])


def _make_part(transformer: Any, columns: Columns) -> Any:
    if type(transformer) is FunctionTransformer and transformer.func is None:
        return np.column_stack(list(columns.values()))
    codes = _find_codes(transformer) if type(transformer) is OrdinalEncoder else None
    if codes is not None:
        return codes.look_up(columns)
    same_types = len({column.dtype for column in columns.values()}) == 1
    # One block is made at once, columns of several types one by one.
    whole = pd.DataFrame(np.column_stack(list(columns.values())), columns=list(columns)) if same_types else None
    return transformer.transform(pd.DataFrame(columns) if whole is None else whole)


class _Codes:
    """What an encoder makes of each value it has learnt, of any other and of a missing one: asked of itself, once."""

    def __init__(self, encoder: OrdinalEncoder) -> None:
        self.learnt, self._type = encoder.categories_, encoder.dtype
        texts = [[value for value in values if isinstance(value, str)] for values in self.learnt]
        unseen = max((value for values in texts for value in values), default="") + "?"  # comes after all of them
        rows = max(map(len, texts)) + 2
        asked = [np.array([*values, unseen, *[np.nan] * (rows - len(values) - 1)], dtype=object) for values in texts]
        answers = encoder.transform(pd.DataFrame(dict(zip(encoder.feature_names_in_, asked, strict=True))))
        self._codes = [dict(zip(values, answers[:, at], strict=False)) for at, values in enumerate(texts)]
        self._unseen = [answers[len(values), at] for at, values in enumerate(texts)]
        self._missing = list(answers[-1])

    def look_up(self, columns: Columns) -> NDArray[Any]:
        """Return the codes of columns that stand in the encoder's order."""
        tables = zip(columns.values(), self._codes, self._unseen, self._missing, strict=True)
        found = [
            [codes.get(value, unseen) if isinstance(value, str) else missing for value in column]
            for column, codes, unseen, missing in tables
        ]
        return np.array(found, dtype=self._type).T


_CODES: WeakKeyDictionary[OrdinalEncoder, _Codes] = WeakKeyDictionary()


def _find_codes(encoder: OrdinalEncoder) -> _Codes | None:
    """Return an encoder's codes; None where it refuses what it has not learnt, or has learnt too much."""
    known = _CODES.get(encoder)
    if known is not None and known.learnt is encoder.categories_:  # else it was fitted again
        return known
    if encoder.handle_unknown != "use_encoded_value" or max(map(len, encoder.categories_)) > MOST_CATEGORIES:
        return None
    made = _CODES[encoder] = _Codes(encoder)
    return made


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
