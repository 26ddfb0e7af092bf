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
