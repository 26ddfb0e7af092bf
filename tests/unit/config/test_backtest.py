"""`backtest:` in the YAML."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.backtest import POLICIES, BacktestPlan


def test_without_a_word_everything_is_compared_at_a_hundred_mistakes_a_run() -> None:
    plan = make_config().backtest
    assert plan == BacktestPlan()
    assert plan.policies == POLICIES
    assert (plan.prices.error, plan.prices.retrain, plan.prices.compute_second) == (1.0, 100.0, 0.0)


def test_prices_policies_and_candidates_can_be_chosen() -> None:
    plan = make_config(
        backtest={
            "prices": {"error": 2.5, "retrain": 0.0},
            "policies": ["never", "hybrid"],
            "candidates": [{"name": "quick", "estimator": "linear"}],
        }
    ).backtest
    assert plan.prices.retrain == 0.0
    assert plan.policies == ("never", "hybrid")
    assert plan.candidates[0].name == "quick"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"prices": {"error": 0.0}}, "greater than 0"),
        ({"prices": {"retrain": -1.0}}, "greater than or equal to 0"),
        ({"policies": ["daily"]}, "'never', 'weekly'"),
        ({"policies": ["never", "never"]}, "policies repeat: never, never"),
        ({"policies": []}, "at least 1 item"),
        ({"first": 1.0}, "less than 1"),
        ({"periods": 3}, "greater than or equal to 4"),
        ({"candidates": [{"name": "a", "estimator": "linear"}] * 2}, "candidate names repeat"),
        ({"price": {}}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_refused(plan: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make_config(backtest=plan)
