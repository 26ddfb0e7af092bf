"""A model's own account of its features."""

import numpy as np
import pytest

from builders.training import CLASSES, MIXED, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.models.answers import measure_contributions
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows


def fit(task, estimator="xgboost"):
    config = make_task_config(task)
    rows = make_mixed_rows(task)
    pipeline = fit_candidate(make_spec(estimator), rows, config, classes=CLASSES[task], seed=1, threads=1)
    return pipeline, rows, config


@pytest.mark.parametrize("task", TASKS)
def test_parts_are_of_original_features_and_add_up_to_one(task):
    found = measure_contributions(*fit(task))
    assert set(found) <= set(MIXED)
    assert sum(found.values()) == pytest.approx(1)
    assert max(found, key=found.get) in {"amount", "age"}
    assert found["constant"] == 0


def test_a_corrected_classifier_is_looked_into():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    from ratchet.models.labels import encode_labels
    from ratchet.models.preprocessing import as_features

    pipeline, rows, config = fit("binary")
    corrected = CalibratedClassifierCV(FrozenEstimator(pipeline[-1]), method="sigmoid")
    prepared = pipeline[:-1].transform(as_features(rows, config.data.features))
    corrected.fit(prepared, encode_labels(rows["bought"], "binary", CLASSES["binary"]))
    wrapped = Pipeline([*pipeline.steps[:-1], ("model", corrected)])
    assert measure_contributions(wrapped, rows, config) == measure_contributions(pipeline, rows, config)


@pytest.mark.parametrize("estimator", ["linear", "random_forest", "hist_gradient_boosting"])
def test_other_models_have_none(estimator):
    assert measure_contributions(*fit("binary", estimator)) == {}


def test_no_rows_and_a_model_without_a_split_have_none():
    pipeline, rows, config = fit("binary")
    assert measure_contributions(pipeline, rows[:0], config) == {}
    level = make_mixed_rows("regression").assign(bought=1.0)
    config = make_task_config("regression")
    constant = fit_candidate(make_spec("xgboost"), level, config, classes=(), seed=1, threads=1)
    assert measure_contributions(constant, level, config) == {}
    assert np.isfinite(score_rows(constant, level, config)).all()
