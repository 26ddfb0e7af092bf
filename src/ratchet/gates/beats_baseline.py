"""The challenger must beat a trivial baseline, champion or not."""

from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import answer, describe_gain, find_obstacle, is_above
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome

NAME = "beats_baseline"


def beats_baseline(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when the lower bound of the gain over the baseline is above `min_gain`."""
    gate, gain = config.gates.beats_baseline, evaluation.baseline_gain
    if obstacle := find_obstacle(gain, config):
        return answer(NAME, Outcome.INCONCLUSIVE, obstacle, gate)
    found = describe_gain(gain, gate.min_gain)
    if is_above(gain.lower, gate.min_gain):
        return answer(NAME, Outcome.PASS, found, gate)
    reason = f"not shown to be better than a trivial baseline: {found}"
    return answer(NAME, Outcome.FAIL, reason, gate)
