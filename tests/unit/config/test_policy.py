"""`policy:`, `resources:` and their gates in the YAML."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.policy import Policy


def test_by_default_the_primary_metric_decides_and_nothing_is_asked() -> None:
    config = make_config()
    assert config.policy == Policy()
    assert config.policy.figures == ()
    assert config.resources.price_per_core_hour is None


@pytest.mark.parametrize("figure", ["roc_auc", "brier", "size_bytes", "score_ms", "fit_seconds"])
def test_metrics_of_the_task_and_resources_can_be_named(figure: str) -> None:
    policy = {"objectives": [{"figure": figure}], "constraints": [{"figure": figure, "at_most": 1.0}]}
    assert make_config(policy=policy).policy.figures == (figure,)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"objectives": [{"figure": "rmse"}]}, "`policy` names 'rmse'"),
        ({"objectives": [{"figure": "roc_acu"}]}, "did you mean 'roc_auc'"),
        ({"objectives": [{"figure": "roc_auc"}, {"figure": "roc_auc"}]}, "objectives repeat: roc_auc, roc_auc"),
        ({"objectives": [{"figure": "roc_auc", "weight": 0.0}]}, "greater than 0"),
        ({"constraints": [{"figure": "score_ms"}]}, "either `at_most` or `at_least`"),
        ({"constraints": [{"figure": "score_ms", "at_most": 1.0, "at_least": 0.0}]}, "either `at_most` or `at_least`"),
        ({"constraints": [{"figure": "cost", "at_most": 1.0}]}, "a candidate has roc_auc"),
    ],
)
def test_a_mistake_is_named(policy: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make_config(policy=policy)


@pytest.mark.parametrize(
    "gates",
    [
        {"serving_cost": {"p50_ms": 0.0}},
        {"serving_cost": {"latency_ratio": 0.5}},
        {"review": {"rows_factor": 1.0}},
        {"review": {"on_fail": "ignore"}},
    ],
)
def test_limits_that_make_no_sense_are_refused(gates: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_config(gates=gates)


@pytest.mark.parametrize(
    "gates", [{"serving_cost": {"p50_ms": None, "latency_ratio": None}}, {"review": {"rows_factor": None}}]
)
def test_limits_can_be_switched_off(gates: dict[str, object]) -> None:
    assert make_config(gates=gates)
