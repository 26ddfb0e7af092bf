"""Constraints of candidates: what is wrong with them is said while the YAML is read."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.config.training import INTERACTIONS, MONOTONE


def make(estimator: str = "xgboost", task: str = "binary", **constraints: object) -> ModelConfig:
    target = {"column": "bought"} | ({"positive": "yes"} if task == "binary" else {})
    candidate = {"name": "one", "estimator": estimator} | constraints
    return make_config(task=task, data={"target": target}, candidates=[candidate])


@pytest.mark.parametrize("estimator", MONOTONE)
def test_boosting_takes_directions(estimator: str) -> None:
    (spec,) = make(estimator, monotone={"age": "increasing", "member": "decreasing"}).candidates
    assert spec.monotone == {"age": "increasing", "member": "decreasing"}


@pytest.mark.parametrize("estimator", INTERACTIONS)
def test_boosting_takes_groups(estimator: str) -> None:
    (spec,) = make(estimator, task="multiclass", interactions=[["age", "city"], ["age", "member"]]).candidates
    assert spec.interactions == (("age", "city"), ("age", "member"))


UP = {"monotone": {"age": "increasing"}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (UP | {"task": "multiclass"}, "`monotone` of candidate 'one' is for two classes or a number"),
        (UP | {"estimator": "linear"}, "'linear' takes none; these do: hist_gradient_boosting, xgboost, lightgbm"),
        (UP | {"estimator": "random_forest"}, "'random_forest' takes none"),
        ({"monotone": {"city": "increasing"}}, "names city, which is categorical: only numbers have an order"),
        ({"monotone": {"agee": "increasing"}}, "'agee', which is no feature .did you mean 'age'"),
        ({"monotone": {"age": "up"}}, "should be 'increasing' or 'decreasing'"),
        (
            {"interactions": [["age"]], "estimator": "catboost"},
            "`interactions` .* 'catboost' takes none; these do: hist",
        ),
        ({"interactions": [["age", "sex"]]}, "`interactions` of candidate 'one' names 'sex', which is no feature"),
        ({"interactions": [["age", "age"]]}, "names in one group repeat: age, age"),
        ({"interactions": [[]]}, "at least 1 item"),
    ],
)
def test_a_constraint_that_can_not_hold_is_a_mistake(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        make(**changes)


@pytest.mark.parametrize(
    ("estimator", "way"),
    [
        *(("xgboost", way) for way in ("full", "incremental", "refresh", "ages")),
        ("lightgbm", "incremental"),
        ("linear", "ages"),
        ("blend", "full"),
    ],
)
def test_ways_to_refresh_are_for_the_estimators_that_have_them(estimator: str, way: str) -> None:
    (spec,) = make(estimator, refresh=way).candidates
    assert (spec.refresh, spec.full_after) == (way, 5)


@pytest.mark.parametrize(
    ("estimator", "way", "sentence"),
    [
        ("linear", "incremental", "'linear' can't be fitted by `refresh: incremental`: use xgboost, lightgbm"),
        ("hist_gradient_boosting", "incremental", "use xgboost, lightgbm"),
        ("lightgbm", "refresh", "'lightgbm' can't be fitted by `refresh: refresh`: use xgboost"),
        ("blend", "ages", "a blend has no `refresh`"),
        ("xgboost", "partly", "Input should be 'full', 'incremental', 'refresh' or 'ages'"),
    ],
)
def test_other_estimators_are_told_which_have_them(estimator: str, way: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        make(estimator, refresh=way)


@pytest.mark.parametrize("way", ["full", "incremental", "refresh", "ages"])
@pytest.mark.parametrize("bounds", [UP, {"parameters": {"monotone_constraints": "(1,0,0)"}}])
def test_leaves_that_get_new_values_keep_to_no_direction(way: str, bounds: dict[str, object]) -> None:
    if way != "refresh":
        assert make(refresh=way, **bounds).candidates[0].refresh == way
        return
    with pytest.raises(ValidationError, match="`refresh: refresh` does not keep to `monotone`: use `incremental` or"):
        make(refresh=way, **bounds)


def test_a_full_fit_is_forced_after_one_increment_or_more() -> None:
    assert make(refresh="incremental", full_after=1).candidates[0].full_after == 1
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        make(refresh="incremental", full_after=0)


@pytest.mark.parametrize("asked", [{"trials": 3}, {"budget": "2min"}])
def test_settings_are_tried_on_folds_alone(asked):
    assert make_config(search=asked).search.has_trials
    assert not make_config(search={"folds": 3}).search.has_trials
    with pytest.raises(ValidationError, match="need folds to try settings on"):
        make_config(search={"folds": 0} | asked)
