"""What is measured on the holdout, in the YAML."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.evaluation import FairnessPlan, Guard, default_guards
from ratchet.metrics.registry import DEFAULT_METRIC, metrics_of


@pytest.mark.parametrize("edges", [[], [3.0, 3.0], [4.0, 3.0]])
def test_edges_rise(edges):
    with pytest.raises(ValidationError, match="must rise"):
        FairnessPlan.model_validate({"bins": {"age": edges}})


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in DEFAULT_METRIC for metric in metrics_of(task)])
def test_the_default_guard_is_another_metric_of_the_task(task, metric):
    names = [guard.metric for guard in default_guards(task, metric)]
    assert len(names) == 1
    assert set(names) < set(metrics_of(task)) - {metric}


@pytest.mark.parametrize(("metric", "guard"), [("roc_auc", "log_loss"), ("log_loss", "roc_auc"), ("brier", "roc_auc")])
def test_ranks_guard_probabilities_and_the_other_way_round(metric, guard):
    assert [each.metric for each in make_config(evaluation={"metric": metric}).guards] == [guard]


def test_the_yaml_names_its_own_guards_or_none():
    config = make_config(evaluation={"guards": [{"metric": "f1", "tolerance": 0.1}]})
    assert config.guards == (Guard(metric="f1", tolerance=0.1),)
    assert make_config(evaluation={"guards": []}).guards == ()


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        (["rmse"], "guard metrics that are not for a binary task: rmse"),
        (["roc_auc"], "'roc_auc' is the primary metric"),
        (["f1", "f1"], "guard metrics repeat: f1, f1"),
    ],
)
def test_guards_that_do_not_fit_are_refused(guards, said):
    with pytest.raises(ValidationError, match=said):
        make_config(evaluation={"guards": [{"metric": name} for name in guards]})
