from typing import get_args

import numpy as np
import pytest

from builders.training import CLASSES, ESTIMATORS, QUICK, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.config.training import BLEND, EXTRAS, INTERACTIONS, MONOTONE, CandidateSpec, Estimator
from ratchet.errors import ConfigError
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import CATALOGUE, Entry, build_estimator
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows


def test_every_name_that_a_yaml_may_use_is_in_the_table() -> None:
    assert {*CATALOGUE, *EXTRAS, BLEND} == set(get_args(Estimator))


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
        ("Regressor", "Ridge", "ElasticNetCV") if task == "regression" else ("Classifier", "Regression")
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
        ("prior", "strateg", "DummyClassifier has no parameter 'strateg' .did you mean 'strategy'"),
    ],
)
def test_a_wrong_parameter_is_named(estimator: Estimator, parameter: str, sentence: str) -> None:
    spec = make_spec(estimator, name="mine", parameters={parameter: 1})
    with pytest.raises(ConfigError, match=f"candidate 'mine'.*{sentence}"):
        build_estimator(spec, "binary", is_category=[False], seed=1, threads=1)


@pytest.mark.parametrize("task", TASKS)
def test_the_prior_says_the_same_of_every_row(task: Task) -> None:
    rows, config = make_mixed_rows(task), make_task_config(task)
    model = fit_candidate(make_spec("prior"), rows, config, classes=CLASSES[task], seed=1, threads=1)
    scores = score_rows(model, rows, config)
    assert np.ptp(scores, axis=0).max() == 0
    usual = rows["bought"].value_counts(normalize=True).sort_index() if task == "multiclass" else rows["bought"].mean()
    assert scores[0] == pytest.approx(np.asarray(usual))


def test_an_estimator_for_another_task_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    only = {"classifier": None, "regressor": CATALOGUE["linear"].regressor}
    entry = Entry(**only, classifier_defaults={}, regressor_defaults={}, encoding="one_hot", takes_threads=False)
    monkeypatch.setattr("ratchet.models.catalogue.CATALOGUE", {"linear": entry})
    with pytest.raises(ConfigError, match="not for a binary task"):
        build_estimator(make_spec("linear"), "binary", is_category=[False], seed=1, threads=1)
    assert build_estimator(make_spec("linear"), "regression", is_category=[False], seed=1, threads=1)


def test_an_estimator_without_a_seed_is_given_none() -> None:
    assert (
        "random_state"
        not in build_estimator(make_spec("prior"), "regression", is_category=[False], seed=1, threads=1).get_params()
    )


def constrain(estimator: Estimator, **constraints: object) -> CandidateSpec:
    pytest.importorskip(estimator, reason=f"pip install 'ratchet[{estimator}]'") if estimator in EXTRAS else None
    more = {"learning_rate": 0.3} if estimator == "lightgbm" else {}
    return make_spec(estimator, parameters=QUICK[estimator] | more, **constraints)


@pytest.mark.parametrize("estimator", MONOTONE)
def test_a_prediction_moves_one_way_only_where_that_is_asked_for(estimator: Estimator) -> None:
    rows, config = make_mixed_rows("regression"), make_task_config("regression")
    least = {}
    for direction, sign in ((None, 1), ("increasing", 1), ("decreasing", -1)):
        spec = constrain(estimator, monotone={"age": direction, "empty": "increasing"} if direction else {})
        model = fit_candidate(spec, rows, config, classes=(), seed=1, threads=1)
        steps = [score_rows(model, rows.assign(age=age), config) for age in range(20, 80, 6)]
        least[direction] = float((sign * np.diff(np.array(steps), axis=0)).min())
    assert least[None] < -1e-3
    assert min(least["increasing"], least["decreasing"]) > -1e-5


@pytest.mark.parametrize("estimator", INTERACTIONS)
def test_features_of_different_groups_do_not_act_together(estimator: Estimator) -> None:
    rows, config = make_mixed_rows("regression", 2000), make_task_config("regression")
    rows["bought"] = np.sign(rows["age"] - 45) * np.sign(rows["amount"].fillna(0)) * 10  # nothing but an interaction
    effects = {}
    for groups in ((), (("age",), ("amount", "member"))):
        spec = constrain(estimator, interactions=groups)
        model = fit_candidate(spec, rows, config, classes=(), seed=1, threads=1)
        older = [score_rows(model, rows.assign(age=age), config) for age in (30, 60)]
        effects[bool(groups)] = np.std(older[1] - older[0])
    assert effects[True] < 1e-5 < 1 < effects[False]
