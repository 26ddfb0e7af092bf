"""LightGBM in the catalogue, where `ratchet[lightgbm]` is installed; a model file holds its own text format."""

from collections.abc import Mapping, Sequence

from lightgbm import LGBMClassifier, LGBMRegressor

from ratchet.config.training import Setting
from ratchet.models.catalogue import Entry, Range, Settings

DEFAULTS: Mapping[str, Setting] = {
    "n_estimators": 250,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_child_samples": 20,
    "deterministic": True,  # with the next one, any number of threads gives the same trees
    "force_row_wise": True,
    "verbose": -1,
}
SPACE = {
    "n_estimators": Range(50, 600, is_log=True),
    "learning_rate": Range(0.02, 0.3, is_log=True),
    "num_leaves": Range(4, 63, is_log=True),
    "min_child_samples": Range(5, 200, is_log=True),
    "reg_lambda": Range(0.01, 30.0, is_log=True),
    "colsample_bytree": Range(0.3, 1.0),
}


def _mark_by_places(is_category: Sequence[bool]) -> Settings:
    return {"categorical_feature": [place for place, each in enumerate(is_category) if each]}


ENTRY = Entry(
    classifier=LGBMClassifier,
    regressor=LGBMRegressor,
    classifier_defaults=DEFAULTS,
    regressor_defaults=DEFAULTS,
    encoding="target_codes",
    mark_at_fit=_mark_by_places,
    start_argument="init_model",
    classifier_space=SPACE,
    regressor_space=SPACE,
)
