"""What an outcome asks of the verdict."""

import pytest

from ratchet.gates.answer import answer
from ratchet.records.outcome import Decision, Outcome


@pytest.mark.parametrize(
    ("outcome", "setting", "consequence"),
    [
        (Outcome.PASS, "reject", Decision.PROMOTE),
        (Outcome.NOT_APPLICABLE, "reject", Decision.PROMOTE),
        (Outcome.FAIL, "ignore", Decision.REJECT),
        (Outcome.INCONCLUSIVE, "hold", Decision.HOLD),
        (Outcome.INCONCLUSIVE, "reject", Decision.REJECT),
        (Outcome.INCONCLUSIVE, "ignore", Decision.PROMOTE),
    ],
)
def test_the_setting_counts_for_inconclusive_only(outcome, setting, consequence):
    assert answer("gate", outcome, "why", setting).consequence is consequence
