"""Defaults and derived facts of a model's config."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config


@pytest.mark.parametrize(
    ("task", "metric"), [("binary", "roc_auc"), ("multiclass", "log_loss"), ("regression", "rmse")]
)
def test_the_metric_follows_the_task(task: str, metric: str) -> None:
    assert make_config(task=task).metric == metric


def test_the_yaml_may_name_another_metric() -> None:
    assert make_config(evaluation={"metric": "brier"}).metric == "brier"


def test_rows_can_be_told_apart_by_features_and_keys() -> None:
    config = make_config(data={"sensitive": ["sex", "age"], "entity": "person", "group": "person"})
    assert config.data.keys == ("sex", "person")
    assert config.judged_columns == ("age", "city", "member", "sex", "person")


def test_a_config_can_not_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        make_config().owner = "someone else"


def test_every_gate_is_on_by_default() -> None:
    gates = make_config().gates
    assert gates.beats_champion.min_gain == 0
    assert (gates.beats_champion.renewal.margin, gates.beats_champion.renewal.unlearnt) == (0.02, 0.2)
    assert {gate.on_inconclusive for _, gate in gates} == {"hold"}


def test_the_same_settings_have_the_same_fingerprint() -> None:
    assert make_config().fingerprint() == make_config().fingerprint()
    assert make_config().fingerprint() != make_config(owner="someone").fingerprint()


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_rare_classes_are_for_more_than_two(task):
    target = {"column": "bought"} | ({"positive": "yes"} if task == "binary" else {})
    with pytest.raises(ValidationError, match="rare_classes` is for a multiclass task"):
        make_config(task=task, data={"target": target}, evaluation={"rare_classes": ["yes"]})


@pytest.mark.parametrize(
    ("task", "asked", "found"), [("binary", None, 100), ("multiclass", None, 25), ("multiclass", 7, 7)]
)
def test_the_fewest_rows_of_the_rarest_class_go_by_the_task(task, asked, found):
    target = {"column": "bought"} | ({"positive": "yes"} if task == "binary" else {})
    config = make_config(task=task, data={"target": target}, evaluation={"min_positives": asked})
    assert (config.min_rows, config.min_positives) == (200, found)
