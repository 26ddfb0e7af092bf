"""A model from elsewhere as our own pipelines hold it: matched with the YAML's features and classes."""

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xgboost
from sklearn.base import BaseEstimator, is_classifier, is_regressor

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError, list_names
from ratchet.records.columns import ColumnKind

AS_CATEGORIES = ("lightgbm", "xgboost", "sklearn.ensemble._hist_gradient_boosting")  # which take text in no other way
CODES = ("0", "1")
AS_NUMBERS = (None,)  # instead of the values of a column that a model does not take as categories
SHARES_OF_XGBOOST = ("binary:logistic", "multi:softprob")  # objectives that give probabilities
SHARES_OF_LIGHTGBM = ("binary", "multiclass", "multiclassova", "cross_entropy")

Features = pd.DataFrame | Mapping[str, np.ndarray]  # of a few rows, arrays by name


class AdoptedModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A model as it came, asked with its own columns in its own order, its classes put into the YAML's order.

    Attributes:
        model: the model.
        columns: names of the features that it takes.
        categories: those of them that it wants as pandas categories, and the values that it knows, where it says so.
        order: for each of the YAML's classes, its place among the model's probabilities; empty for regression.
    """

    def __init__(
        self, model: BaseEstimator, columns: list[str], categories: dict[str, list[str]], order: list[int]
    ) -> None:
        self.model = model
        self.columns = columns
        self.categories = categories
        self.order = order

    @property
    def feature_names_in_(self) -> np.ndarray:
        """The features that it takes."""
        return np.array(self.columns, dtype=object)

    @property
    def classes_(self) -> np.ndarray:
        """The codes of the YAML's classes."""
        return np.arange(len(self.order))

    def fit(self, _features: pd.DataFrame, _labels: object = None) -> "AdoptedModel":
        """Learn nothing; scikit-learn takes for an estimator only what has this method."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Tell that it is fitted; scikit-learn asks."""
        return True

    def predict(self, features: Features) -> np.ndarray:
        """Return values or, of a classifier, codes."""
        return self.predict_proba(features).argmax(axis=1) if self.order else self._ask(features)

    def predict_proba(self, features: Features) -> np.ndarray:
        """Return a column a class."""
        shares = self._ask(features)
        if shares.ndim == 1:  # a booster of two classes says one number a row
            shares = np.column_stack([1 - shares, shares])
        return shares[:, self.order]

    def _ask(self, features: Features) -> np.ndarray:
        own = {name: features[name] for name in self.columns}
        rows = pd.DataFrame(own | {name: _as_category(own[name], known) for name, known in self.categories.items()})
        if isinstance(self.model, xgboost.Booster):
            return np.asarray(self.model.predict(xgboost.DMatrix(rows, enable_categorical=True)))
        name = "predict_proba" if self.order and hasattr(self.model, "predict_proba") else "predict"
        return np.asarray(getattr(self.model, name)(rows))


def match_model(
    config: ModelConfig, model: BaseEstimator, classes: tuple[str, ...], given: tuple[str, ...]
) -> AdoptedModel:
    """Put a model together with the YAML's features and classes.

    Raises:
        DataError: it is of another task, takes other features, or has other classes.
    """
    own, columns, features = _classes_of(model), _columns_of(model), config.data.features
    _refuse_other_columns(columns, features)
    if (own is None) != (config.task == "regression"):
        what = "predicts values" if own is None else "gives probabilities of classes"
        raise DataError(f"is a {type(model).__name__} that {what}, and the task is {config.task}")
    if own is not None and len(own) != len(classes):
        raise DataError(f"has {len(own)} classes, and the rows have {len(classes)}: {list_names(classes)}")
    order = find_order(config, classes, given or own) if own is not None else []
    texts = [name for name in columns if features[name] == ColumnKind.CATEGORICAL]
    return AdoptedModel(model, columns, _known_categories(model, texts), order)


def _refuse_other_columns(columns: Sequence[str], features: Mapping[str, ColumnKind]) -> None:
    if missing := [name for name in columns if name not in features]:
        spare = [name for name in features if name not in columns]
        left = f"; of these it does not take {list_names(spare)}" if spare else ""
        raise DataError(f"takes {list_names(missing)}, which the YAML does not name as features{left}")


def _columns_of(model: BaseEstimator) -> list[str]:
    found = getattr(model, "feature_names", None) or getattr(model, "feature_names_in_", None)
    if callable(getattr(model, "feature_name", None)):  # LightGBM's booster
        found = model.feature_name()
    if found is None:
        raise DataError(
            f"is a {type(model).__name__} without names of columns, so nothing can be matched: fit it on a data frame"
        )
    return [str(name) for name in found]


def _classes_of(model: BaseEstimator) -> tuple[str, ...] | None:
    """Return a classifier's classes as text, in the order of its probabilities; None of a regressor.

    Raises:
        DataError: it is neither, or gives classes without probabilities.
    """
    name = name_type(model)
    if name == "xgboost.core.Booster":
        return _codes_of_xgboost(model)
    if name == "lightgbm.basic.Booster":
        return _codes_of_lightgbm(model)
    if isinstance(model, BaseEstimator) and is_regressor(model):
        return None
    if not (isinstance(model, BaseEstimator) and is_classifier(model)):
        raise DataError(f"holds a {name}, which is neither a classifier nor a regressor")
    if not hasattr(model, "predict_proba"):
        raise DataError(f"is a {type(model).__name__} without probabilities (`predict_proba`), which are needed")
    if not hasattr(model, "classes_"):
        raise DataError(f"is a {type(model).__name__} that was never fitted")
    return tuple(_as_text(each) for each in model.classes_)


def _known_categories(model: BaseEstimator, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return which text columns a model takes as pandas categories, with the values that it has learnt.

    Raises:
        DataError: it takes one of them as a number, or as categories that are no text.
    """
    if not name_type(model).startswith(AS_CATEGORIES):
        return {}
    learnt = _learnt_categories(model, texts)
    known = {each: [value for value in own if isinstance(value, str)] for each, own in learnt.items()}
    if wrong := [each for each in texts if len(known[each]) < len(learnt[each])]:
        raise DataError(f"takes {list_names(wrong)} as numbers, and the YAML names categories there")
    return known


def _learnt_categories(model: BaseEstimator, texts: Sequence[str]) -> Mapping[str, Sequence[object]]:
    """Return the values of each text column that a model has learnt; none where it does not say."""
    name = name_type(model)
    if name.startswith("xgboost"):
        booster = model if isinstance(model, xgboost.Booster) else model.get_booster()
        found = dict(booster.get_categories(export_to_arrow=True).to_arrow())
        return {each: AS_NUMBERS if found[each] is None else found[each].to_pylist() for each in texts}
    if name.startswith("lightgbm"):
        lists = getattr(model, "booster_", model).pandas_categorical or []  # in the order of the columns
        return dict(zip(texts, lists if len(lists) == len(texts) else [AS_NUMBERS] * len(texts), strict=True))
    return dict.fromkeys(texts, ())


def find_order(config: ModelConfig, classes: Sequence[str], own: Sequence[str]) -> list[int]:
    """Return, for each of the YAML's classes, its place among a model's.

    Args:
        config: the model's YAML.
        classes: the YAML's, in the order of their codes.
        own: the model's, in the order of its probabilities.

    Raises:
        DataError: it can't be told which is which.
    """
    names, target = [*classes], config.data.target
    if config.task == "binary":
        rest = [name for name in own if name != target.positive]
        if target.negative is None and len(rest) == 1 and len(own) == len(names):
            names[0] = rest[0]
        if set(own) == set(CODES) and set(names) != set(CODES):
            names = [*CODES]
    if sorted(own) != sorted(names):
        raise DataError(
            f"has the classes {list_names(own)}, and the rows have {list_names(classes)}: it can't be told which is "
            "which; name the YAML's in the model's order with --class, once for each"
        )
    return [own.index(name) for name in names]


def _as_category(column: pd.Series | np.ndarray, known: list[str]) -> pd.Categorical:
    """Return text as known values, any other as missing; where none is named, as those that it has."""
    own = known or sorted(pd.Series(column).dropna().unique()) or ["none"]  # one there must be
    return pd.Categorical(column, categories=own)


def objective_of(booster: xgboost.Booster) -> str:
    """Return what an XGBoost booster was trained for, by its own name."""
    return str(json.loads(booster.save_config())["learner"]["objective"]["name"])


def _codes_of_xgboost(booster: xgboost.Booster) -> tuple[str, ...] | None:
    learner = json.loads(booster.save_config())["learner"]
    objective = str(learner["objective"]["name"])
    if not objective.startswith(("binary:", "multi:")):
        return None
    if objective not in SHARES_OF_XGBOOST:
        raise DataError(f"has the objective {objective}, which gives no probabilities: {list_names(SHARES_OF_XGBOOST)}")
    return tuple(map(str, range(max(int(learner["learner_model_param"]["num_class"]), 2))))


def _codes_of_lightgbm(booster: BaseEstimator) -> tuple[str, ...] | None:
    text = booster.model_to_string(num_iteration=1)
    facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if facts.get("objective", "").partition(" ")[0] not in SHARES_OF_LIGHTGBM:
        return None
    return tuple(map(str, range(max(int(facts["num_class"]), 2))))


def _as_text(label: object) -> str:
    """Return a class as the YAML would write it: True is 1, 2.0 is 2."""
    if isinstance(label, (bool, np.bool_)):
        return str(int(label))
    if isinstance(label, (float, np.floating)) and math.isfinite(label) and label == int(label):
        return str(int(label))
    return str(label)


def name_type(model: BaseEstimator) -> str:
    """Return the full name of a model's type."""
    return f"{type(model).__module__}.{type(model).__qualname__}"
