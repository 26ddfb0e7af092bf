"""CatBoost in the catalogue, where `ratchet[catboost]` is installed; a model file holds its own binary format."""

from collections.abc import Callable, Mapping, Sequence

from catboost import CatBoostClassifier, CatBoostRegressor
from sklearn.base import BaseEstimator

from ratchet.config.training import Setting
from ratchet.models.catalogue import Entry, Range, Settings

DEFAULTS: Mapping[str, Setting] = {
    "iterations": 250,
    "learning_rate": 0.06,
    "depth": 6,
    "allow_writing_files": False,
    "logging_level": "Silent",
}
SPACE = {
    "iterations": Range(50, 600, is_log=True),
    "learning_rate": Range(0.02, 0.3, is_log=True),
    "depth": Range(3, 8),
    "l2_leaf_reg": Range(0.5, 30.0, is_log=True),
}
OTHER_NAMES = {
    "n_jobs": "thread_count",
    "n_estimators": "iterations",
    "num_trees": "iterations",
    "num_boost_round": "iterations",
    "eta": "learning_rate",
    "max_depth": "depth",
}


def _under_one_name(kind: Callable[..., BaseEstimator]) -> Callable[..., BaseEstimator]:
    """CatBoost refuses two names of one setting: a YAML that uses the other one overrules the default."""
    return lambda **settings: kind(**{OTHER_NAMES.get(name, name): value for name, value in settings.items()})


def _mark_by_places(is_category: Sequence[bool]) -> Settings:
    return {"cat_features": [place for place, each in enumerate(is_category) if each]}


ENTRY = Entry(
    classifier=_under_one_name(CatBoostClassifier),
    regressor=_under_one_name(CatBoostRegressor),
    classifier_defaults=DEFAULTS,
    regressor_defaults=DEFAULTS,
    encoding="whole_codes",
    mark_categories=_mark_by_places,
    classifier_space=SPACE,
    regressor_space=SPACE,
)
