"""No slice may get worse by more than a share of the champion's figure on it.

Passing needs every slice to be shown "not worse by more than the tolerance", each at the full confidence: a wrong pass
needs the slice that is worse to slip through its own bound, so that many slices make it no likelier (an
intersection-union test, Berger 1982). Failing is the claim that some slice is worse, and the more slices are looked
at, the likelier one looks worse by chance: its upper bound is moved out to the confidence shared among the slices
(Bonferroni), so that all wrong failures together stay within 1 - confidence. A slice fails when that bound is
below zero and the best estimate is beyond the tolerance. In between, and with too few rows, the answer is "can't say".
"""

from statistics import NormalDist

from ratchet.config.judging import SliceGate
from ratchet.config.model import ModelConfig
from ratchet.config.slices import Slice
from ratchet.gates.answer import answer
from ratchet.gates.evidence import describe_gain, find_obstacle, is_above, is_finite
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome

NAME = "no_slice_worse"
Finding = tuple[Outcome, str]


def no_slice_worse(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when every slice is shown to be not worse by more than the tolerance; the worst slice decides."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.no_slice_worse)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    parts = config.evaluation.slices
    if not parts:
        return Outcome.NOT_APPLICABLE, "no slices in the YAML"
    if evaluation.champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare slices with"
    if evaluation.champion.problem:
        return Outcome.INCONCLUSIVE, f"the champion can't score these rows: {evaluation.champion.problem}"
    measured = [(part.name, gain) for part in parts for gain in _gains_of(part, evaluation)]
    findings = [_judge_slice(config, gain, name, slices=len(measured)) for name, gain in measured]
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if reasons := [reason for found, reason in findings if found is outcome]:
            return outcome, _list_reasons(reasons, len(measured))
    tolerance = 100 * config.gates.no_slice_worse.tolerance
    count = len(measured)
    return Outcome.PASS, f"none of {count} slices is worse by more than {tolerance:g} % of the champion's figure"


def _gains_of(part: Slice, evaluation: Evaluation) -> list[Gain | None]:
    """Return a slice's gain, or those of its bins; nothing but None where it was not measured."""
    return [gain for gain in evaluation.slice_gains if part.covers(gain.slice)] or [None]


def _judge_slice(config: ModelConfig, gain: Gain | None, name: str, *, slices: int) -> Finding:
    gate = config.gates.no_slice_worse
    if gain is None:
        return Outcome.INCONCLUSIVE, f"slice {name}: was not measured"
    obstacle = find_obstacle(gain, min_rows=gate.min_rows, min_positives=gate.min_positives)
    if obstacle or not is_finite(gain.opponent_value):
        return Outcome.INCONCLUSIVE, f"slice {name}: {obstacle or 'the champion has no figure on it'}"
    limit = -_allowed_loss(gate, gain)
    found = f"slice {gain.slice}: {describe_gain(gain, limit)}"
    if is_above(gain.lower, limit):
        return Outcome.PASS, found
    if _is_shown_worse(gain, limit, slices=slices):
        return Outcome.FAIL, f"shown to be worse: {found}"
    return Outcome.INCONCLUSIVE, f"not shown to be not worse: {found}"


def _allowed_loss(gate: SliceGate, gain: Gain) -> float:
    return gate.tolerance * abs(gain.opponent_value or 0.0)


def _is_shown_worse(gain: Gain, limit: float, *, slices: int) -> bool:
    """Tell whether a slice is below zero for certain, and beyond the tolerance as far as one can tell."""
    if gain.estimate is None or gain.upper is None:
        return False
    normal, chance = NormalDist(), 1 - gain.confidence
    further = normal.inv_cdf(1 - chance / slices) / normal.inv_cdf(gain.confidence)
    return gain.estimate + (gain.upper - gain.estimate) * further < 0 and gain.estimate < limit


def _list_reasons(reasons: list[str], slices: int) -> str:
    more = "" if len(reasons) == 1 else f"; and {len(reasons) - 1} more of {slices} slices"
    return reasons[0] + more
