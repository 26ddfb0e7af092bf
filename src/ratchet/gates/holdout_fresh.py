"""The same holdout must not judge again and again: each look may promote noise, and what was chosen by it flatters."""

from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import Finding, answer
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.performance import HoldoutHistory

NAME = "holdout_fresh"


def holdout_fresh(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass while no more runs than `max_uses` have judged on exactly these rows, this run included."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.holdout_fresh)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    uses, limit = evaluation.holdout_uses, config.gates.holdout_fresh.max_uses
    if uses < 1:
        return Outcome.INCONCLUSIVE, f"the uses of this holdout were not counted: found {uses}"
    times = "once" if uses == 1 else f"{uses} times"
    said = f"these {evaluation.rows:,} holdout rows have judged {times}, this run included; at most {limit} may be"
    said += _describe(evaluation.holdout_history)
    if uses > limit:
        return Outcome.FAIL, f"{said}: wait for newer rows, or look at this one yourself"
    return Outcome.PASS, said


def _describe(history: HoldoutHistory | None) -> str:
    if history is None:
        return ""
    said = ""
    if history.unreadable:
        said += f"; {len(history.unreadable)} of these uses are runs whose split can't be read"
    if history.overlapping:
        said += f"; earlier holdouts that overlap it in time: {len(history.overlapping)}"
    return said
