"""The challenger must beat a trivial baseline, champion or not."""

from dataclasses import dataclass

from pydantic import Field

from ratchet.gates.evidence import answer, describe_gain, find_obstacle, is_above
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.judgement import Gain, GateResult, Outcome

NAME = "beats_baseline"


class BaselineGate(GateSection):
    """The challenger must beat a trivial baseline."""

    min_gain: float = Field(default=0.0, ge=0, description="The gain's lower bound must be above this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineGain:
    """The gain over a trivial baseline, and how many rows it takes to judge it."""

    gain: Gain
    min_rows: int
    min_positives: int


def beats_baseline(section: BaselineGate, evidence: BaselineGain) -> GateResult:
    """Pass when the lower bound of the gain over the baseline is above `min_gain`."""
    gain = evidence.gain
    if obstacle := find_obstacle(gain, evidence):
        return answer(NAME, Outcome.INCONCLUSIVE, obstacle, section)
    found = describe_gain(gain, section.min_gain)
    if is_above(gain.lower, section.min_gain):
        return answer(NAME, Outcome.PASS, found, section)
    return answer(NAME, Outcome.FAIL, f"not shown to be better than a trivial baseline: {found}", section)


def _pick(asked: Asked, found: Findings) -> BaselineGain:
    gain = found.evaluation.baseline_gain
    return BaselineGain(gain=gain, min_rows=asked.min_rows, min_positives=asked.min_positives)


GATE = Gate(name=NAME, section=BaselineGate, evidence=BaselineGain, pick=_pick, judge=beats_baseline)
