"""Changed rows must not harm the challenger more than the champion: judged on the very same changed rows.

A stress fails when the challenger is shown to be worse than the champion on the changed rows by more than the
tolerance and loses more by the change than the champion does, or when it is shown to lose more of its own figure than
`max_loss` where the YAML has it. Every stress can fail it, so the confidence is shared among all of these looks
(Bonferroni), see `ratchet.gates.evidence`.
"""

from collections.abc import Iterator

from ratchet.config.behaviour import RobustGate
from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import Finding, allowed_loss, answer, describe_gain, find_gap, find_worst, is_shown_worse
from ratchet.records.behaviour import Behaviour, Stress
from ratchet.records.judgement import Gain, GateResult
from ratchet.records.outcome import Outcome

NAME = "robust"
AGAINST = {"champion": "against the champion"}  # whose figure a gain is held to


def robust(config: ModelConfig, behaviour: Behaviour) -> GateResult:
    """Pass when no stress is shown to harm the challenger more than the champion, or beyond its own limit."""
    outcome, reason = _find(config, behaviour)
    return answer(NAME, outcome, reason, config.gates.robust)


def _find(config: ModelConfig, behaviour: Behaviour) -> Finding:
    gate = config.gates.robust
    if not behaviour.has_champion and gate.max_loss is None:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare with, and no `max_loss` is set"
    if behaviour.problem is not None:
        return Outcome.INCONCLUSIVE, behaviour.problem
    stresses = _list_asked(config, behaviour)
    if not stresses:
        return Outcome.NOT_APPLICABLE, "no stress is asked for that says anything about these rows"
    return _judge_all(gate, behaviour, stresses)


def _list_asked(config: ModelConfig, behaviour: Behaviour) -> list[Stress]:
    """Return the stresses that count; one that is asked for and was not measured has that as its problem."""
    measured = {each.name: each for each in behaviour.stresses}
    every = [
        measured.get(name, Stress(name=name, problem="was not measured")) for name in config.behaviour.stress.chosen
    ]
    return [stress for stress in every if stress.skipped is None]


def _judge_all(gate: RobustGate, behaviour: Behaviour, stresses: list[Stress]) -> Finding:
    looks = len(stresses) * (behaviour.has_champion + (gate.max_loss is not None))
    findings = [found for stress in stresses for found in _judge(gate, behaviour, stress, looks)]
    return find_worst(findings, shown=1) or (Outcome.PASS, _describe(gate, behaviour, len(stresses)))


def _judge(gate: RobustGate, behaviour: Behaviour, stress: Stress, looks: int) -> Iterator[Finding]:
    if stress.problem is not None:
        yield Outcome.INCONCLUSIVE, f"stress {stress.name}: {stress.problem}"
        return
    if behaviour.has_champion:
        yield _judge_champion(gate, behaviour, stress, looks)
    if gate.max_loss is not None:
        yield _judge_gain(gate, stress, stress.loss, gate.max_loss, looks)


def _judge_champion(gate: RobustGate, behaviour: Behaviour, stress: Stress, looks: int) -> Finding:
    if behaviour.champion_problem:
        why = f"the champion can't be compared: {behaviour.champion_problem}"
        return Outcome.INCONCLUSIVE, f"stress {stress.name}: {why}"
    return _judge_gain(gate, stress, stress.gain, gate.tolerance, looks)


def _judge_gain(gate: RobustGate, stress: Stress, gain: Gain | None, tolerance: float, looks: int) -> Finding:
    if gain is None:
        return Outcome.INCONCLUSIVE, f"stress {stress.name}: was not measured"
    if gap := find_gap(gain, gate, without_figure="there is no figure to compare with"):
        return Outcome.INCONCLUSIVE, f"stress {stress.name}: {gap}"
    limit = -allowed_loss(gain, tolerance)
    against = AGAINST.get(gain.opponent, "against unchanged rows")
    found = f"stress {stress.name} ({stress.change}), {against}: {describe_gain(gain, limit)}"
    if is_shown_worse(gain, limit, looks=looks) and not _loses_less(stress, gain):
        return Outcome.FAIL, f"shown to be more fragile: {found}"
    return Outcome.PASS, found


def _loses_less(stress: Stress, gain: Gain) -> bool:
    """Tell whether the challenger loses less by the change than the champion: then it is worse, but not fragile."""
    own, theirs = stress.loss.estimate if stress.loss else None, stress.champion_loss
    return gain.opponent == "champion" and own is not None and theirs is not None and own > theirs


def _describe(gate: RobustGate, behaviour: Behaviour, stresses: int) -> str:
    parts = []
    if behaviour.has_champion:
        parts.append(f"worse than the champion by more than {100 * gate.tolerance:g} % of its figure")
    if gate.max_loss is not None:
        parts.append(f"worse than on unchanged rows by more than {100 * gate.max_loss:g} %")
    return f"in none of {stresses} stresses is the challenger shown to be {' or '.join(parts)}"
