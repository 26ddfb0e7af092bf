"""The gate on the data."""

import pytest

from builders.gates import ask_gate
from builders.records import make_data_report, make_expectation
from builders.runs import make_config
from ratchet.records.judgement import Decision, Outcome


def ask(**changes):
    return ask_gate("data_check", make_config(), make_data_report(**changes))


def test_passes_with_warnings():
    result = ask()
    assert (result.outcome, result.consequence) == (Outcome.PASS, Decision.PROMOTE)
    assert result.reason == "5 expectations hold on 48,842 rows, 1 warning"


def test_fails_with_the_reason_of_the_expectation():
    failed = make_expectation(outcome=Outcome.FAIL, reason="40 % of age is missing")
    result = ask(outcome=Outcome.FAIL, expectations=(failed, make_expectation()))
    assert (result.outcome, result.consequence) == (Outcome.FAIL, Decision.REJECT)
    assert result.reason == "1 of 2 expectations not met: 40 % of age is missing"


def test_is_inconclusive_when_one_was_not_computed():
    lost = make_expectation(outcome=Outcome.INCONCLUSIVE, reason="no such column")
    result = ask(outcome=Outcome.INCONCLUSIVE, expectations=(lost,))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_a_blocking_expectation_counts_whatever_the_report_says(outcome):
    assert ask(expectations=(make_expectation(), make_expectation(outcome=outcome))).outcome is outcome


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_the_report_counts_whatever_the_expectations_say(outcome):
    assert ask(outcome=outcome).outcome is outcome


@pytest.mark.parametrize(
    "changes",
    [{"expectations": ()}, {"expectations": (make_expectation(blocking=False),)}, {"outcome": Outcome.NOT_APPLICABLE}],
)
def test_nothing_checked_is_not_a_pass(changes):
    assert ask(**changes).outcome is Outcome.INCONCLUSIVE
