"""From what a gate found to what that asks of the verdict."""

from ratchet.config.gate import GateSection
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Decision, Outcome

CONSEQUENCES = {"hold": Decision.HOLD, "reject": Decision.REJECT, "ignore": Decision.PROMOTE}


def answer(gate: str, outcome: Outcome, reason: str, section: GateSection) -> GateResult:
    """Make a gate's result: a failure and a "can't say" do what the YAML asks for, the rest stands in no way."""
    consequence = Decision.PROMOTE
    if outcome is Outcome.FAIL:
        consequence = CONSEQUENCES[section.on_fail]
    if outcome is Outcome.INCONCLUSIVE:
        consequence = CONSEQUENCES[section.on_inconclusive]
    return GateResult(gate=gate, outcome=outcome, reason=reason, consequence=consequence)
