"""From what a gate found to what that asks of the verdict."""

from ratchet.config.judging import OnInconclusive
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Decision, Outcome

ON_INCONCLUSIVE: dict[OnInconclusive, Decision] = {
    "hold": Decision.HOLD,
    "reject": Decision.REJECT,
    "ignore": Decision.PROMOTE,
}


def answer(gate: str, outcome: Outcome, reason: str, on_inconclusive: OnInconclusive) -> GateResult:
    """Make a gate's result: a failure rejects, "can't say" does what the YAML asks for, the rest stands in no way."""
    consequence = Decision.PROMOTE
    if outcome is Outcome.FAIL:
        consequence = Decision.REJECT
    if outcome is Outcome.INCONCLUSIVE:
        consequence = ON_INCONCLUSIVE[on_inconclusive]
    return GateResult(gate=gate, outcome=outcome, reason=reason, consequence=consequence)
