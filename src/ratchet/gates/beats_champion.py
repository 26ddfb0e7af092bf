"""The challenger must beat the champion; a stale champion may be replaced by one that is not worse by a margin.

No evidence of a gain is a failure, not "can't say": the champion stays, and that is a decision. "Can't say" is kept for
a holdout that could not have shown a gain at all: too few rows, no figure, a champion that can't score these rows.
"""

from dataclasses import dataclass

from pydantic import Field

from ratchet.gates.evidence import Finding, answer, describe_gain, find_obstacle, is_above
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.judgement import ChampionRef, Gain, GateResult, Outcome

NAME = "beats_champion"


class ChampionGate(GateSection):
    """The challenger must beat the champion."""

    min_gain: float = Field(default=0.0, ge=0, description="The gain's lower bound must be above this.")
    stale: bool = Field(
        default=False, description="Say that the champion is stale: then 'not worse by `margin`' is enough."
    )
    margin: float = Field(default=0.0, ge=0, description="For a stale champion only: how much worse is not worse.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionGain:
    """The gain over the champion, and how many rows it takes to judge it; None for a champion: there is none yet."""

    champion: ChampionRef | None
    gain: Gain | None
    min_rows: int
    min_positives: int


def beats_champion(section: ChampionGate, evidence: ChampionGain) -> GateResult:
    """Pass when the lower bound of the gain over the champion is above `min_gain`, or above -`margin` when stale."""
    return answer(NAME, *_find(section, evidence), section)


def is_only_not_worse(gate: ChampionGate, gain: Gain | None) -> bool:
    """Tell whether a gain passes for a stale champion only: shown to be not worse by the margin, not to be better."""
    if gain is None or not gate.stale or is_above(gain.lower, gate.min_gain):
        return False
    return is_above(gain.lower, -gate.margin)


def _find(section: ChampionGate, evidence: ChampionGain) -> Finding:
    gain, champion = evidence.gain, evidence.champion
    if champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet: unopposed"
    if champion.problem:
        return Outcome.INCONCLUSIVE, f"champion {champion.version} can't score these rows: {champion.problem}"
    if gain is None:
        return Outcome.INCONCLUSIVE, "the gain over the champion was not measured"
    if obstacle := find_obstacle(gain, evidence):
        return Outcome.INCONCLUSIVE, obstacle
    return _judge(section, gain)


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


def _pick(asked: Asked, found: Findings) -> ChampionGain:
    return ChampionGain(
        champion=found.evaluation.champion,
        gain=found.evaluation.champion_gain,
        min_rows=asked.min_rows,
        min_positives=asked.min_positives,
    )


GATE = Gate(name=NAME, section=ChampionGate, evidence=ChampionGain, pick=_pick, judge=beats_champion)
