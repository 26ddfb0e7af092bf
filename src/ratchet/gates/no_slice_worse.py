"""No slice may get worse by more than a share of the champion's figure on it.

Passing needs every slice to be shown "not worse by more than the tolerance", each at the full confidence: a wrong pass
needs the slice that is worse to slip through its own bound, so that many slices make it no likelier (an
intersection-union test, Berger 1982). Failing is the claim that some slice is worse, and the more slices are looked
at, the likelier one looks worse by chance: its upper bound is moved out to the confidence shared among the slices
(Bonferroni), so that all wrong failures together stay within 1 - confidence. A slice fails when that bound is
below zero and the best estimate is beyond the tolerance. In between, and with too few rows, the answer is "can't say".
"""

from ratchet.config.model import ModelConfig
from ratchet.config.slices import Slice
from ratchet.gates.evidence import (
    Finding,
    allowed_loss,
    answer,
    describe_gain,
    find_champion_obstacle,
    find_gap,
    find_worst,
    judge_not_worse,
)
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome

NAME = "no_slice_worse"


def no_slice_worse(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when every slice is shown to be not worse by more than the tolerance; the worst slice decides."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.no_slice_worse)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    if not config.evaluation.slices:
        return Outcome.NOT_APPLICABLE, "no slices in the YAML"
    if obstacle := find_champion_obstacle(evaluation, absent="no champion yet to compare slices with"):
        return obstacle
    return _judge(config, evaluation)


def _judge(config: ModelConfig, evaluation: Evaluation) -> Finding:
    measured = [(part.name, gain) for part in config.evaluation.slices for gain in _gains_of(part, evaluation)]
    count = len(measured)
    findings = [_judge_slice(config, gain, name, looks=count) for name, gain in measured]
    tolerance = 100 * config.gates.no_slice_worse.tolerance
    passed = f"none of {count} slices is worse by more than {tolerance:g} % of the champion's figure"
    return find_worst(findings, shown=1, among=f" of {count} slices") or (Outcome.PASS, passed)


def _gains_of(part: Slice, evaluation: Evaluation) -> list[Gain | None]:
    """Return a slice's gain, or those of its bins; nothing but None where it was not measured."""
    return [gain for gain in evaluation.slice_gains if part.covers(gain.slice)] or [None]


def _judge_slice(config: ModelConfig, gain: Gain | None, name: str, *, looks: int) -> Finding:
    gate = config.gates.no_slice_worse
    if gain is None:
        return Outcome.INCONCLUSIVE, f"slice {name}: was not measured"
    if gap := find_gap(gain, gate, without_figure="the champion has no figure on it"):
        return Outcome.INCONCLUSIVE, f"slice {name}: {gap}"
    limit = -allowed_loss(gain, gate.tolerance)
    found = f"slice {gain.slice}: {describe_gain(gain, limit)}"
    return judge_not_worse(gain, limit, found, looks=looks)
