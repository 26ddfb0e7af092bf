import pytest

from builders.gates import ask_gate
from builders.records import make_audit, make_finding
from builders.runs import make_config
from ratchet.gates.no_leak import is_accepted
from ratchet.records.judgement import Decision, Outcome
from ratchet.records.leakage import Audit, Check, LeakKind, Strength

SUSPECTED = make_finding()
CERTAIN = make_finding(columns=("total",), strength=Strength.CERTAIN, reason="'total' is the target")
ROWS = make_finding(kind=LeakKind.DUPLICATES, columns=(), reason="3 % of the holdout rows are in train")
GAP = Check(kind=LeakKind.COLUMN, looked_at="3 features", problem="too few rows")


def asked(audit: Audit, **gate: object):
    return ask_gate("no_leak", make_config(gates={"no_leak": gate}), audit)


@pytest.mark.parametrize(
    ("audit", "outcome", "consequence"),
    [
        (make_audit(), Outcome.PASS, Decision.PROMOTE),
        (make_audit(findings=(SUSPECTED,)), Outcome.INCONCLUSIVE, Decision.HOLD),
        (make_audit(findings=(SUSPECTED, CERTAIN)), Outcome.FAIL, Decision.REJECT),
        (make_audit(findings=(ROWS,)), Outcome.INCONCLUSIVE, Decision.HOLD),
        (Audit(problem="the file is gone"), Outcome.INCONCLUSIVE, Decision.HOLD),
        (Audit(), Outcome.INCONCLUSIVE, Decision.HOLD),
        (make_audit(checks=(GAP,)), Outcome.INCONCLUSIVE, Decision.HOLD),
    ],
)
def test_certain_leaks_fail_suspected_ones_wait_and_nothing_looked_for_is_no_pass(audit, outcome, consequence):
    result = asked(audit)
    assert (result.outcome, result.consequence) == (outcome, consequence)


def test_one_search_that_was_not_made_leaves_it_open():
    result = asked(make_audit(checks=(*make_audit().checks, GAP)))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)
    assert "whole table of 3 features" in result.reason
    assert "could not be looked for: column: too few rows" in result.reason


@pytest.mark.parametrize(
    ("accepted", "outcome"),
    [((), Outcome.FAIL), (("total",), Outcome.INCONCLUSIVE), (("total", "refunded"), Outcome.PASS)],
)
def test_columns_that_a_person_has_looked_at_do_not_count(accepted, outcome):
    result = asked(make_audit(findings=(CERTAIN, SUSPECTED)), accepted=accepted)
    assert result.outcome is outcome


def test_an_accepted_column_is_named_in_the_pass():
    assert "accepted by the YAML: total" in asked(make_audit(findings=(CERTAIN,)), accepted=("total",)).reason


def test_leaks_in_rows_and_in_other_columns_too_can_not_be_accepted():
    assert not is_accepted(ROWS, ("refunded",))
    assert not is_accepted(make_finding(columns=("refunded", "paid")), ("refunded",))
    assert is_accepted(SUSPECTED, ("refunded",))


def test_of_many_leaks_the_first_are_told():
    many = tuple(make_finding(columns=(f"c{at}",), reason=f"'c{at}' leaks") for at in range(5))
    assert asked(make_audit(findings=many)).reason == "leak suspected: 'c0' leaks; 'c1' leaks; 'c2' leaks; and 2 more"


@pytest.mark.parametrize(
    ("on_inconclusive", "consequence"), [("ignore", Decision.PROMOTE), ("reject", Decision.REJECT)]
)
def test_what_a_suspicion_does_is_the_yamls_choice(on_inconclusive, consequence):
    result = asked(make_audit(findings=(SUSPECTED,)), on_inconclusive=on_inconclusive)
    assert result.consequence is consequence
