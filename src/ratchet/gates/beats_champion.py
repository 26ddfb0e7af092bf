"""The challenger must beat the champion; a stale champion may be replaced by one that is not worse by a margin.

No evidence of a gain is a failure, not "can't say": the champion stays, and that is a decision. "Can't say" is kept for
a holdout that could not have shown a gain at all: too few rows, no figure, a champion that can't score these rows.
"""

from ratchet.config.judging import ChampionGate
from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import Finding, answer, describe_gain, find_obstacle, is_above
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome

NAME = "beats_champion"


def beats_champion(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when the lower bound of the gain over the champion is above `min_gain`, or above -`margin` when stale."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.beats_champion)


def is_only_not_worse(gate: ChampionGate, gain: Gain | None) -> bool:
    """Tell whether a gain passes for a stale champion only: shown to be not worse by the margin, not to be better."""
    if gain is None or not gate.stale or is_above(gain.lower, gate.min_gain):
        return False
    return is_above(gain.lower, -gate.margin)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    gain = evaluation.champion_gain
    if evaluation.champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet: unopposed"
    if evaluation.champion.problem:
        version = evaluation.champion.version
        return Outcome.INCONCLUSIVE, f"champion {version} can't score these rows: {evaluation.champion.problem}"
    if gain is None:
        return Outcome.INCONCLUSIVE, "the gain over the champion was not measured"
    if obstacle := find_obstacle(gain, config):
        return Outcome.INCONCLUSIVE, obstacle
    return _judge(config.gates.beats_champion, gain)


def _judge(gate: ChampionGate, gain: Gain) -> Finding:
    if is_above(gain.lower, gate.min_gain):
        return Outcome.PASS, describe_gain(gain, gate.min_gain)
    if is_only_not_worse(gate, gain):
        found = describe_gain(gain, -gate.margin)
        return Outcome.PASS, f"not worse than the stale champion by {gate.margin:g}, not shown to be better: {found}"
    limit = -gate.margin if gate.stale else gate.min_gain
    return Outcome.FAIL, f"{_shortfall(gate, gain)}: {describe_gain(gain, limit)}"


def _shortfall(gate: ChampionGate, gain: Gain) -> str:
    if gain.upper is not None and gain.upper < 0:
        return "shown to be worse than the champion"
    return "not shown to be not worse" if gate.stale else "not shown to be better"
