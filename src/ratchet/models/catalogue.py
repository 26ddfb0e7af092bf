"""The estimators that a YAML may name, as one table: what each is made of, and how it is told about categories.

Another package adds one by an entry point of the group `ratchet.estimators` that names an `Entry`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from inspect import Parameter, signature
from typing import Literal, cast

from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNetCV, LogisticRegression, Ridge
from xgboost import XGBClassifier, XGBRegressor

from ratchet.config.training import (
    EXTRAS,
    INTERACTIONS,
    MONOTONE,
    CandidateSpec,
    Setting,
    find_missing_package,
)
from ratchet.errors import ConfigError, did_you_mean
from ratchet.metrics.metric import Task
from ratchet.plugins import ESTIMATORS, load_plugin

Encoding = Literal["one_hot", "codes", "target_codes", "whole_codes"]
Settings = Mapping[str, object]
DIRECTIONS = {"increasing": 1, "decreasing": -1}
SEED_LIMIT = 2**31  # XGBoost reads its seed as a signed 32-bit number, and scikit-learn as an unsigned one
# Set here, from the run's seed, its threads and the columns' types: a YAML that sets them too would be overruled.
OWNED = (
    *("random_state", "random_seed", "n_jobs", "thread_count"),
    *("categorical_features", "cat_features", "feature_types", "enable_categorical", "missing"),
)


def _mark_nothing(_is_category: Sequence[bool]) -> Settings:
    return {}


def _mark_by_mask(is_category: Sequence[bool]) -> Settings:
    return {"categorical_features": list(is_category)}


def _mark_by_types(is_category: Sequence[bool]) -> Settings:
    return {"enable_categorical": True, "feature_types": ["c" if each else "q" for each in is_category]}


@dataclass(frozen=True, slots=True)
class Range:
    """Values of one parameter that a search may try; whole numbers where both ends are.

    Attributes:
        low: the least.
        high: the most.
        is_log: whether a step is a factor: from 1 to 10 is as far as from 10 to 100.
    """

    low: float
    high: float
    is_log: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: Setting) -> bool:
        """Tell whether a search could have found a value."""
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            return False
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name of the catalogue: scikit-learn's interface, and the parameters named below.

    Attributes:
        classifier: what it is for a binary or multiclass task; None where it is for none.
        regressor: what it is for a regression task; None where it is for none.
        classifier_defaults: settings of the classifier where the YAML has none.
        regressor_defaults: settings of the regressor where the YAML has none.
        encoding: how it wants its categories: as columns, as codes with NaN, the same but many-valued ones
            target-encoded, or as whole numbers in a data frame.
        mark_categories: from "is this column a category?" to the settings that say so.
        mark_at_fit: the same, for what is said only to `fit`.
        takes_threads: whether it has `n_jobs`.
        start_argument: the argument of `fit` that takes a fitted model to grow more trees on; None where it takes none.
            Such an estimator has `n_estimators`, `learning_rate`, `random_state` and `n_jobs`.
        file_types: full names of the types that its fitted models hold, and that a model file may therefore have; of
            another package only.
        classifier_space: parameters that a search may set, with their values; empty where it may set none.
        regressor_space: the same of the regressor.
    """

    classifier: Callable[..., BaseEstimator] | None
    regressor: Callable[..., BaseEstimator] | None
    classifier_defaults: Mapping[str, Setting]
    regressor_defaults: Mapping[str, Setting]
    encoding: Encoding
    mark_categories: Callable[[Sequence[bool]], Settings] = _mark_nothing
    mark_at_fit: Callable[[Sequence[bool]], Settings] = _mark_nothing
    takes_threads: bool = True
    start_argument: str | None = None
    file_types: tuple[str, ...] = ()
    classifier_space: Mapping[str, Range] = field(default_factory=dict)
    regressor_space: Mapping[str, Range] = field(default_factory=dict)

    def space(self, task: Task) -> Mapping[str, Range]:
        """Return what a search may set for a task."""
        return self.regressor_space if task == "regression" else self.classifier_space

    def choose(self, task: Task) -> tuple[Callable[..., BaseEstimator], Mapping[str, Setting]]:
        """Return the estimator for a task and its defaults.

        Raises:
            ConfigError: there is none for this task.
        """
        is_number = task == "regression"
        make = self.regressor if is_number else self.classifier
        if make is None:
            raise ConfigError(f"this estimator is not for a {task} task; choose another one")
        return make, self.regressor_defaults if is_number else self.classifier_defaults


FOREST: Mapping[str, Setting] = {"n_estimators": 200, "min_samples_leaf": 20, "max_samples": 0.5}
# Chosen by nine sets, each at two cuts, see docs/decisions/0027.
HISTOGRAM: Mapping[str, Setting] = {"max_iter": 200, "learning_rate": 0.06, "max_leaf_nodes": 15, "max_features": 0.5}
XGBOOST: Mapping[str, Setting] = {
    "n_estimators": 250,
    "learning_rate": 0.06,
    "max_depth": 5,
    "min_child_weight": 10,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "reg_lambda": 10,
    "tree_method": "hist",
}

# What a search may try: around the defaults, and no slower than some three times as slow.
FOREST_SPACE = {"min_samples_leaf": Range(1, 100, is_log=True), "max_features": Range(0.1, 1.0)}
HISTOGRAM_SPACE = {
    "max_iter": Range(50, 600, is_log=True),
    "learning_rate": Range(0.02, 0.3, is_log=True),
    "max_leaf_nodes": Range(4, 63, is_log=True),
    "min_samples_leaf": Range(5, 200, is_log=True),
    "l2_regularization": Range(0.01, 30.0, is_log=True),
    "max_features": Range(0.2, 1.0),
}
XGBOOST_SPACE = {
    "n_estimators": Range(50, 600, is_log=True),
    "learning_rate": Range(0.02, 0.3, is_log=True),
    "max_depth": Range(2, 9),
    "min_child_weight": Range(1.0, 100.0, is_log=True),
    "subsample": Range(0.5, 1.0),
    "colsample_bytree": Range(0.3, 1.0),
    "reg_lambda": Range(0.1, 100.0, is_log=True),
}

CATALOGUE: Mapping[str, Entry] = {
    "prior": Entry(
        classifier=DummyClassifier,
        regressor=DummyRegressor,
        classifier_defaults={},
        regressor_defaults={},
        encoding="codes",
        takes_threads=False,
    ),
    "linear": Entry(
        classifier=LogisticRegression,
        regressor=Ridge,
        classifier_defaults={"max_iter": 300},
        regressor_defaults={"tol": 1e-6},
        encoding="one_hot",
        takes_threads=False,
        classifier_space={"C": Range(1e-3, 100.0, is_log=True)},
        regressor_space={"alpha": Range(0.01, 1000.0, is_log=True)},
    ),
    "elastic_net": Entry(
        classifier=LogisticRegression,
        regressor=ElasticNetCV,  # it finds its own penalty: what is right depends on the target's unit
        classifier_defaults={"solver": "saga", "l1_ratio": 0.5, "C": 0.1, "max_iter": 100, "tol": 1e-3},
        regressor_defaults={"alphas": 30, "cv": 3},
        encoding="one_hot",
        takes_threads=False,
        classifier_space={"C": Range(1e-3, 10.0, is_log=True), "l1_ratio": Range(0.0, 1.0)},
        regressor_space={"l1_ratio": Range(0.05, 1.0)},
    ),
    "random_forest": Entry(
        classifier=RandomForestClassifier,
        regressor=RandomForestRegressor,
        classifier_defaults=FOREST,
        regressor_defaults={**FOREST, "max_features": 0.33},
        encoding="target_codes",
        classifier_space=FOREST_SPACE,
        regressor_space=FOREST_SPACE,
    ),
    "extra_trees": Entry(
        classifier=ExtraTreesClassifier,
        regressor=ExtraTreesRegressor,
        classifier_defaults={"n_estimators": 200, "min_samples_leaf": 10},
        regressor_defaults={"n_estimators": 200, "min_samples_leaf": 10},
        encoding="target_codes",
        classifier_space=FOREST_SPACE,
        regressor_space=FOREST_SPACE,
    ),
    "hist_gradient_boosting": Entry(
        classifier=HistGradientBoostingClassifier,
        regressor=HistGradientBoostingRegressor,
        classifier_defaults=HISTOGRAM,
        regressor_defaults=HISTOGRAM,
        encoding="target_codes",
        mark_categories=_mark_by_mask,
        takes_threads=False,
        classifier_space=HISTOGRAM_SPACE,
        regressor_space=HISTOGRAM_SPACE,
    ),
    "xgboost": Entry(
        classifier=XGBClassifier,
        regressor=XGBRegressor,
        classifier_defaults=XGBOOST,
        regressor_defaults=XGBOOST,
        encoding="codes",
        mark_categories=_mark_by_types,
        start_argument="xgb_model",
        classifier_space=XGBOOST_SPACE,
        regressor_space=XGBOOST_SPACE,
    ),
}


def find_entry(name: str) -> Entry:
    """Return what a name in a YAML stands for.

    Raises:
        ConfigError: it is neither built in nor a plug-in that can be loaded, or the plug-in is no `Entry`.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    if missing := find_missing_package(name):
        raise ConfigError(missing)
    if name in EXTRAS:
        return cast("Entry", import_module(f"ratchet.models.{name}_entry").ENTRY)
    return load_plugin(ESTIMATORS, name, Entry)


def list_ranges(spec: CandidateSpec, task: Task) -> Mapping[str, Range]:
    """Return what a search may set of a candidate: not what the YAML sets."""
    space = find_entry(spec.estimator).space(task)
    return {name: each for name, each in space.items() if name not in spec.parameters}


def build_estimator(
    spec: CandidateSpec,
    task: Task,
    *,
    is_category: Sequence[bool],
    seed: int,
    threads: int,
    columns: Sequence[str] = (),
) -> BaseEstimator:
    """Make a candidate's estimator, not fitted yet.

    Args:
        spec: the candidate.
        task: of the model.
        is_category: of each encoded column, whether it holds categories.
        seed: of the run.
        threads: how many it may use.
        columns: the feature that each encoded column is made from, for constraints.

    Raises:
        ConfigError: the YAML sets a parameter that the estimator does not have, or one that is not for it to set, or
            the estimator is not for this task.
    """
    entry = find_entry(spec.estimator)
    make, defaults = entry.choose(task)
    known = _parameters_of(make())
    _refuse_wrong_parameters(spec, type(make()).__name__, [name for name in known if name not in OWNED])
    settings = {**defaults, **spec.parameters, **entry.mark_categories(is_category)}
    settings |= _constrain(spec, columns, is_category)
    settings |= {"random_state": seed % SEED_LIMIT} if "random_state" in known else {}
    return make(**settings, **({"n_jobs": threads} if entry.takes_threads else {}))


def _constrain(spec: CandidateSpec, columns: Sequence[str], is_category: Sequence[bool]) -> Settings:
    """Say constraints by the places of encoded columns; a feature without a value in any row has none."""
    settings: dict[str, object] = {}
    is_text = spec.estimator == "xgboost"
    if spec.monotone:
        signs = [DIRECTIONS.get(spec.monotone.get(name, ""), 0) for name in columns]
        settings[MONOTONE[spec.estimator]] = f"({','.join(map(str, signs))})" if is_text else signs
    if spec.interactions:
        groups = _place_groups(spec, columns, is_category)
        settings[INTERACTIONS[spec.estimator]] = json.dumps(groups) if is_text else groups
    return settings


def _place_groups(spec: CandidateSpec, columns: Sequence[str], is_category: Sequence[bool]) -> list[list[int]]:
    order = list(range(len(columns)))
    if spec.estimator == "hist_gradient_boosting":
        # It puts categories first, and looks for the places of these groups in that order (scikit-learn 1.9).
        order.sort(key=lambda place: not is_category[place])
    # Libraries differ in what becomes of columns in no group: here, they are a group as well.
    rest = [name for name in columns if not any(name in group for group in spec.interactions)]
    groups = (*spec.interactions, rest)
    places = ([at for at, place in enumerate(order) if columns[place] in group] for group in groups)
    return [group for group in places if group]


def _refuse_wrong_parameters(spec: CandidateSpec, kind: str, known: Sequence[str]) -> None:
    for name in spec.parameters:
        if name in OWNED:
            raise ConfigError(f"candidate '{spec.name}': the parameter '{name}' is set by Ratchet; leave it out")
        if name not in known:
            hint = did_you_mean(name, known)
            raise ConfigError(f"candidate '{spec.name}': {kind} has no parameter '{name}'{hint}; see its documentation")


def _parameters_of(estimator: BaseEstimator) -> dict[str, object]:
    """Return every parameter: some estimators tell only those that were set, others have more than they sign for."""
    signed = signature(type(estimator).__init__).parameters.values()
    named = {each.name: each.default for each in signed if each.kind != Parameter.VAR_KEYWORD and each.name != "self"}
    return {**named, **estimator.get_params()}
