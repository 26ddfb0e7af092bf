"""The gate on the policy's constraints."""

from builders.gates import ask_gate
from builders.records import make_serving_costs
from builders.runs import make_config
from ratchet.records.judgement import Decision, Outcome

ONE = {"constraints": [{"figure": "score_ms", "at_most": 5.0}]}
TWO = {"constraints": [{"figure": "score_ms", "at_most": 5.0}, {"figure": "roc_auc", "at_least": 0.7}]}


def test_a_challenger_that_meets_all_of_them_passes() -> None:
    assert ask_gate("policy", make_config(policy=ONE), make_serving_costs()).outcome is Outcome.PASS
    result = ask_gate("policy", make_config(policy=TWO), make_serving_costs())
    assert result.reason == "the challenger meets all 2 constraints of the policy on validation"


def test_one_that_breaks_a_constraint_is_rejected_with_the_value_and_the_limit() -> None:
    broken = ("score_ms is 12, at most 5 is allowed",)
    result = ask_gate("policy", make_config(policy=ONE), make_serving_costs(broken=broken))
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason == "no candidate meets the policy; of the best, score_ms is 12, at most 5 is allowed"


def test_a_model_that_could_not_be_weighed_is_still_asked() -> None:
    serving_costs = make_serving_costs(challenger=None, problem="it was killed", broken=("score_ms was not measured",))
    assert ask_gate("policy", make_config(policy=ONE), serving_costs).outcome is Outcome.FAIL


def test_without_constraints_there_is_nothing_to_ask() -> None:
    assert ask_gate("policy", make_config(), make_serving_costs()).outcome is Outcome.NOT_APPLICABLE


def test_a_broken_constraint_fails_even_where_the_yaml_has_none_any_more() -> None:
    serving_costs = make_serving_costs(broken=("score_ms is 12, at most 5 is allowed",))
    assert ask_gate("policy", make_config(), serving_costs).outcome is Outcome.FAIL
