"""The challenger must keep to the policy's constraints; it can break one only when every candidate does."""

from dataclasses import dataclass

from ratchet.gates.evidence import Finding, answer
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.judgement import GateResult, Outcome

NAME = "policy"


class PolicyGate(GateSection):
    """The challenger must keep to the policy's constraints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """How many constraints the policy has, and which of them the challenger breaks, a sentence each."""

    count: int
    broken: tuple[str, ...]


def policy(section: PolicyGate, evidence: Constraints) -> GateResult:
    """Pass when the challenger meets every constraint of the policy on validation."""
    return answer(NAME, *_find(evidence), section)


def _find(evidence: Constraints) -> Finding:
    if evidence.broken:
        return Outcome.FAIL, f"no candidate meets the policy; of the best, {'; '.join(evidence.broken)}"
    if not evidence.count:
        return Outcome.NOT_APPLICABLE, "the policy has no constraints"
    every = "the policy's constraint" if evidence.count == 1 else f"all {evidence.count} constraints of the policy"
    return Outcome.PASS, f"the challenger meets {every} on validation"


def _pick(asked: Asked, found: Findings) -> Constraints:
    return Constraints(count=asked.constraints, broken=found.serving_costs.broken)


GATE = Gate(name=NAME, section=PolicyGate, evidence=Constraints, pick=_pick, judge=policy)
