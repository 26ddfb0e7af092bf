"""What a gate holds a run for where the champion is shown to have lost."""

from dataclasses import replace

import pytest

from builders.records import make_audit, make_behaviour, make_data_report, make_evaluation, make_serving_costs
from builders.runs import make_config
from ratchet.gates.all_gates import BUILT_IN
from ratchet.gates.gate import AfterChange, Findings
from ratchet.records.judgement import Decision, GateResult, Outcome

LOST = "the champion's loss rose from 0.05 to 0.33 after 2026-01-01"
WAIVED = {
    AfterChange.NONE: {"review", "no_regression", "feature_importance", "robust"},
    AfterChange.FAILURES: {"no_slice_worse", "stable_over_time", "calibrated", "label_shift"},
    AfterChange.SEARCHED: {"weakest_slice"},
}
BY_NAME = {gate.name: gate for gate in BUILT_IN}


def ask(name, outcome, consequence=Decision.HOLD, lost_since=LOST, few_since=None):
    """Ask a gate whose rule gives this answer."""
    said = GateResult(gate=name, outcome=outcome, reason="it differs", consequence=consequence)
    gate = replace(BY_NAME[name], pick=lambda _asked, found: found, judge=lambda _section, _evidence: said)
    found = Findings(
        data_report=make_data_report(),
        evaluation=make_evaluation(lost_since=lost_since, few_since=few_since),
        audit=make_audit(),
        behaviour=make_behaviour(),
        serving_costs=make_serving_costs(),
    )
    config = make_config()
    (answer,) = gate.ask(config.gates.by_name[name], config.asked, found)
    return answer


@pytest.mark.parametrize("kind", AfterChange)
def test_each_gate_is_of_the_kind_that_the_decision_names(kind):
    named = {gate.name for gate in BUILT_IN if gate.after_change is kind}
    assert named == WAIVED.get(kind, {*BY_NAME}.difference(*WAIVED.values()))


@pytest.mark.parametrize("name", sorted(WAIVED[AfterChange.NONE]))
@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_what_differs_from_a_world_that_is_gone_holds_nothing(name, outcome):
    answer = ask(name, outcome)
    assert (answer.consequence, answer.outcome) == (Decision.PROMOTE, outcome)
    assert answer.reason == f"it differs; waived: {LOST}"


@pytest.mark.parametrize("name", sorted(WAIVED[AfterChange.FAILURES] | WAIVED[AfterChange.SEARCHED]))
def test_too_few_rows_of_a_young_world_hold_nothing_and_a_failure_does(name):
    assert ask(name, Outcome.INCONCLUSIVE).consequence is Decision.PROMOTE
    assert ask(name, Outcome.FAIL).consequence is Decision.HOLD


@pytest.mark.parametrize("name", sorted({*BY_NAME}.difference(*WAIVED.values())))
@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_no_other_gate_is_waived(name, outcome):
    assert ask(name, outcome) == GateResult(gate=name, outcome=outcome, reason="it differs", consequence=Decision.HOLD)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_the_yaml_rejects_stays_rejected_and_without_a_loss_nothing_is_waived(name):
    assert ask(name, Outcome.FAIL, Decision.REJECT).consequence is Decision.REJECT
    assert ask(name, Outcome.FAIL, lost_since=None).consequence is Decision.HOLD


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_in_later_runs_only_what_is_searched_on_few_rows_is_waived(name, outcome):
    is_waived = name in WAIVED[AfterChange.SEARCHED] and outcome is Outcome.INCONCLUSIVE
    answer = ask(name, outcome, lost_since=None, few_since="few rows since")
    assert answer.consequence is (Decision.PROMOTE if is_waived else Decision.HOLD)
    assert answer.reason == ("it differs; waived: few rows since" if is_waived else "it differs")
