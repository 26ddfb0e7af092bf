from typing import get_args

import pytest

from builders.training import ESTIMATORS, TASKS, make_spec
from ratchet.config.training import EXTRAS, Estimator
from ratchet.errors import ConfigError
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import CATALOGUE, build_estimator


def test_every_name_that_a_yaml_may_use_is_in_the_table() -> None:
    assert {*CATALOGUE, *EXTRAS} == set(get_args(Estimator))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_seed_threads_and_parameters_reach_the_estimator(estimator: Estimator, task: Task) -> None:
    spec = make_spec(estimator)
    built = build_estimator(spec, task, is_category=[False, True], seed=11, threads=3)
    settings = built.get_params()
    assert settings["random_state"] == 11
    assert spec.parameters.items() <= settings.items()
    assert settings.get("n_jobs") == (3 if CATALOGUE[estimator].takes_threads else None)
    assert type(built).__name__.endswith(
        ("Regressor", "Ridge") if task == "regression" else ("Classifier", "Regression")
    )


def test_boosting_is_told_which_columns_are_categories() -> None:
    boosting = build_estimator(
        make_spec("hist_gradient_boosting"), "binary", is_category=[False, True], seed=1, threads=1
    )
    xgboost = build_estimator(make_spec("xgboost"), "binary", is_category=[False, True], seed=1, threads=1)
    assert boosting.get_params()["categorical_features"] == [False, True]
    assert xgboost.get_params()["feature_types"] == ["q", "c"]


def test_a_seed_of_any_size_is_taken() -> None:
    built = build_estimator(make_spec("xgboost"), "binary", is_category=[False], seed=2**40 + 5, threads=1)
    assert built.get_params()["random_state"] == 5


def test_the_yaml_overrules_a_default() -> None:
    spec = make_spec("random_forest", parameters={"min_samples_leaf": 2})
    built = build_estimator(spec, "binary", is_category=[], seed=1, threads=1)
    assert built.get_params()["min_samples_leaf"] == 2
    assert built.get_params()["n_estimators"] == CATALOGUE["random_forest"].classifier_defaults["n_estimators"]


@pytest.mark.parametrize(
    ("estimator", "parameter", "sentence"),
    [
        ("random_forest", "n_estimator", "RandomForestClassifier has no parameter 'n_estimator' .did you mean 'n_est"),
        ("linear", "qqq", "LogisticRegression has no parameter 'qqq'; see its documentation"),
        ("xgboost", "max_detph", "XGBClassifier has no parameter 'max_detph' .did you mean 'max_depth'"),
        ("xgboost", "n_jobs", "'n_jobs' is set by Ratchet; leave it out"),
        ("linear", "random_state", "'random_state' is set by Ratchet; leave it out"),
    ],
)
def test_a_wrong_parameter_is_named(estimator: Estimator, parameter: str, sentence: str) -> None:
    spec = make_spec(estimator, name="mine", parameters={parameter: 1})
    with pytest.raises(ConfigError, match=f"candidate 'mine'.*{sentence}"):
        build_estimator(spec, "binary", is_category=[False], seed=1, threads=1)
