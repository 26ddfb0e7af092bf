"""Named cases come out as expected."""

import math

import pytest

from builders.behaviour import make_behaviour, make_case_finding
from builders.gates import ask_gate
from builders.runs import make_config
from ratchet.records.judgement import Decision, Outcome

CASE = {"name": "known-buyer", "row": {"age": 30}, "at_least": 0.8, "at_most": 0.95}


def ask(plan, *findings, **changes):
    return ask_gate("behaves", make_config(behaviour=plan), make_behaviour(cases=findings, **changes))


@pytest.mark.parametrize(
    ("score", "outcome"),
    [(0.8, Outcome.PASS), (0.7999, Outcome.FAIL), (0.95, Outcome.PASS), (0.9501, Outcome.FAIL)],
)
def test_a_score_is_judged_by_its_limits(score, outcome):
    result = ask({"cases": [CASE]}, make_case_finding(measured=score))
    assert result.outcome is outcome
    assert result.consequence is (Decision.REJECT if outcome is Outcome.FAIL else Decision.PROMOTE)
    assert "at least 0.8 and at most 0.95 is expected" in result.reason


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ({"monotone": [{"column": "age", "direction": "increasing"}]}, "monotone age"),
        ({"invariant": [{"column": "city"}]}, "invariant city"),
    ],
)
@pytest.mark.parametrize(("share", "outcome"), [(0.05, Outcome.PASS), (0.051, Outcome.FAIL), (0.0, Outcome.PASS)])
def test_some_rows_may_move_too_far(rule, name, share, outcome):
    assert ask(rule, make_case_finding(name, measured=share, rows=500)).outcome is outcome


@pytest.mark.parametrize(
    "finding",
    [
        make_case_finding(problem="the row can't be scored"),
        make_case_finding(measured=None),
        make_case_finding(measured=math.nan),
        make_case_finding(measured=math.inf),
        make_case_finding("another"),
    ],
)
def test_a_case_without_a_finite_measurement_is_never_a_pass(finding):
    result = ask({"cases": [CASE]}, finding)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_a_failure_outweighs_what_can_not_be_judged():
    plan = {"cases": [CASE, CASE | {"name": "second"}]}
    assert ask(plan, make_case_finding(measured=0.1)).outcome is Outcome.FAIL


def test_nothing_measured_at_all_waits_and_nothing_named_is_no_matter():
    assert ask({"cases": [CASE]}, problem="no rows").outcome is Outcome.INCONCLUSIVE
    assert ask({}).outcome is Outcome.NOT_APPLICABLE
