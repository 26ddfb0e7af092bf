"""What is measured on the holdout, in the YAML."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.evaluation import FairnessPlan, Guard, Slice, default_guards
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


@pytest.mark.parametrize(
    "part",
    [
        {"column": "age", "bins": 4},
        {"newest": "30d"},
        {"since": "2025-01-01T00:00:00Z", "until": "2025-02-01T00:00:00Z"},
        {"where": "age < 30 and city == 'Oslo'"},
        {"column": "city", "values": ["Oslo"]},
    ],
)
def test_a_slice_has_one_kind(part):
    config = make_config(evaluation={"slices": [{"name": "part"} | part]})
    assert config.evaluation.slices[0].name == "part"


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({}, "exactly one of"),
        ({"column": "age"}, "exactly one of"),
        ({"column": "age", "bins": 4, "below": 3.0}, "exactly one of"),
        ({"newest": "30d", "where": "age < 3"}, "exactly one of"),
        ({"column": "age", "where": "age < 3"}, "`column` goes with"),
        ({"bins": 4}, "`column` goes with"),
        ({"column": "age", "bins": 1}, "greater than or equal to 2"),
        ({"where": "age ** 2 < 3"}, "a column's name is expected here"),
    ],
)
def test_anything_else_is_refused(part, why):
    with pytest.raises(ValidationError, match=why):
        Slice.model_validate({"name": "part"} | part)


@pytest.mark.parametrize(
    ("slices", "why"),
    [
        ([{"name": "a", "where": "agee < 3"}], r"slice 'a': 'agee' is neither .* \(did you mean 'age'\?\)"),
        ([{"name": "a", "newest": "3d"}], "slice 'a' is cut by time, which needs a clock"),
        ([{"name": "a", "where": "age < 3"}] * 2, "slice names repeat: a, a"),
    ],
)
def test_slices_fit_the_rest_of_the_file(slices, why):
    data = {"time": {"order": "rows"}}
    with pytest.raises(ValidationError, match=why):
        make_config(data=data, evaluation={"slices": slices})


@pytest.mark.parametrize(
    ("evaluation", "why"),
    [
        ({"slice_search": {"columns": ["agee"]}}, r"names 'agee' \(did you mean 'age'\?\)"),
        ({"fairness": {"bins": {"age": [30]}}}, "names 'age', which is not sensitive"),
        ({"fairness": {"given": ["agee"]}}, "`evaluation.fairness.given` names 'agee'.*did you mean 'age'"),
    ],
)
def test_other_parts_name_known_columns(evaluation, why):
    with pytest.raises(ValidationError, match=why):
        make_config(evaluation=evaluation)


def test_a_factor_that_is_given_is_not_itself_sensitive():
    fairness = {"fairness": {"given": ["age"], "bins": {"age": [30]}}}
    assert make_config(evaluation=fairness).evaluation.fairness.given == ("age",)
    with pytest.raises(ValidationError, match=r"names 'city', no feature or key that is not"):
        make_config(data={"sensitive": ["city"]}, evaluation={"fairness": {"given": ["city"]}})
