"""Trees with random thresholds."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from ratchet.models.catalogue import Entry

EXTRA_TREES = Entry(
    classifier=ExtraTreesClassifier,
    regressor=ExtraTreesRegressor,
    classifier_defaults={"n_estimators": 200, "min_samples_leaf": 20},
    regressor_defaults={"n_estimators": 200, "min_samples_leaf": 20},
    encoding="codes",
)
