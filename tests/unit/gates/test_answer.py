"""What an outcome asks of the verdict."""

import pytest

from ratchet.config.gate import GateSection
from ratchet.gates.answer import answer
from ratchet.records.outcome import Decision, Outcome


@pytest.mark.parametrize(
    ("outcome", "settings", "consequence"),
    [
        (Outcome.PASS, {"on_inconclusive": "reject"}, Decision.PROMOTE),
        (Outcome.NOT_APPLICABLE, {"on_inconclusive": "reject"}, Decision.PROMOTE),
        (Outcome.FAIL, {"on_inconclusive": "ignore"}, Decision.REJECT),
        (Outcome.FAIL, {"on_fail": "hold"}, Decision.HOLD),
        (Outcome.INCONCLUSIVE, {"on_fail": "hold", "on_inconclusive": "reject"}, Decision.REJECT),
        (Outcome.INCONCLUSIVE, {"on_inconclusive": "ignore"}, Decision.PROMOTE),
        (Outcome.INCONCLUSIVE, {}, Decision.HOLD),
    ],
)
def test_each_setting_counts_for_its_outcome_only(outcome, settings, consequence):
    assert answer("gate", outcome, "why", GateSection(**settings)).consequence is consequence
