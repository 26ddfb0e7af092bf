"""Trees that have each learnt a part of the rows."""

from sklearn.ensemble import BaggingClassifier, BaggingRegressor

from ratchet.models.catalogue import Entry

BAGGED_TREES = Entry(
    classifier=BaggingClassifier,
    regressor=BaggingRegressor,
    classifier_defaults={"n_estimators": 50, "max_samples": 0.1},
    regressor_defaults={"n_estimators": 50, "max_samples": 0.1},
    encoding="codes",
)
