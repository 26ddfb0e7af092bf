"""What is said first when several gates stand in the way, and what to do about each."""

from itertools import pairwise

import pytest

from builders.records import make_gate
from ratchet.gates.all_gates import BUILT_IN
from ratchet.gates.weights import ADVICE, OTHER, Weight, find_advice, list_open, list_remedies
from ratchet.records.judgement import Decision, GateResult, Outcome


def refuse(gate: str, outcome: Outcome = Outcome.FAIL, consequence: Decision = Decision.REJECT) -> GateResult:
    return make_gate(gate, outcome=outcome, consequence=consequence)


def test_every_gate_has_a_weight_and_a_remedy_and_no_other_has() -> None:
    assert set(ADVICE) == {gate.name for gate in BUILT_IN}
    assert all(advice.remedy.endswith(".") for advice in ADVICE.values())


@pytest.mark.parametrize(
    ("graver", "lighter"),
    [*pairwise(["no_leak", "label_shift", "fair", "beats_champion", "feature_importance", "serving_cost"])],
)
def test_a_leak_is_graver_than_harm_than_worse_than_cost(graver: str, lighter: str) -> None:
    found = list_open((refuse(lighter), refuse(graver, Outcome.INCONCLUSIVE, Decision.HOLD)))
    assert [each.gate for each in found] == [graver, lighter]


def test_what_is_shown_comes_before_what_can_not_be_told_and_then_the_order_of_asking() -> None:
    unsure = refuse("beats_baseline", Outcome.INCONCLUSIVE, Decision.HOLD)
    found = list_open((unsure, refuse("weakest_slice"), refuse("calibrated")))
    assert [each.gate for each in found] == ["weakest_slice", "calibrated", "beats_baseline"]


def test_what_stands_in_no_way_is_left_out() -> None:
    ignored = refuse("no_leak", Outcome.INCONCLUSIVE, Decision.PROMOTE)
    assert list_open((make_gate(), ignored)) == ()
    assert list_remedies((make_gate(), ignored)) == ()


def test_a_remedy_is_given_once() -> None:
    guards = (refuse("guard_log_loss"), refuse("guard_f1"), refuse("serving_cost"))
    assert list_remedies(guards) == (ADVICE["guard_metrics"].remedy, ADVICE["serving_cost"].remedy)


def test_a_gate_of_another_package_is_a_doubt() -> None:
    assert find_advice("few_warnings") is OTHER
    assert OTHER.weight is Weight.DOUBT
