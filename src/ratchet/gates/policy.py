"""The challenger must keep to the policy's constraints; it can break one only when every candidate does."""

from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import Finding, answer
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.serving_cost import ServingCosts

NAME = "policy"


def policy(config: ModelConfig, serving_costs: ServingCosts) -> GateResult:
    """Pass when the challenger meets every constraint of the policy on validation."""
    outcome, reason = _find(config, serving_costs)
    return answer(NAME, outcome, reason, config.gates.policy)


def _find(config: ModelConfig, serving_costs: ServingCosts) -> Finding:
    asked = len(config.policy.constraints)
    if serving_costs.broken:
        return Outcome.FAIL, f"no candidate meets the policy; of the best, {'; '.join(serving_costs.broken)}"
    if not asked:
        return Outcome.NOT_APPLICABLE, "the policy has no constraints"
    every = "the policy's constraint" if asked == 1 else f"all {asked} constraints of the policy"
    return Outcome.PASS, f"the challenger meets {every} on validation"
