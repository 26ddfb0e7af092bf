"""What is unusual about a run is for a person to look at: features, rows, the time of the fit, metrics that jump."""

import math
from collections.abc import Iterator

from ratchet.config.model import ModelConfig
from ratchet.config.review import ReviewGate
from ratchet.errors import list_names
from ratchet.gates.answer import answer
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.review import Changes, FitTime, MetricShift

NAME = "review"


def review(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when nothing about the run is unusual; each trigger gives its own reason."""
    outcome, reason = _find(config.gates.review, evaluation)
    return answer(NAME, outcome, reason, config.gates.review)


def _find(gate: ReviewGate, evaluation: Evaluation) -> tuple[Outcome, str]:
    if evaluation.champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet: there is no run to compare with"
    changes = evaluation.changes
    if changes is None or changes.problem is not None:
        problem = changes.problem if changes else None
        return Outcome.INCONCLUSIVE, problem or "the run was not compared with earlier ones"
    if triggers := [*_check_features(gate, changes), *_check_history(gate, changes)]:
        return Outcome.FAIL, "; ".join(triggers)
    if gate.rows_factor is not None and not (changes.rows and changes.champion_rows):
        return Outcome.INCONCLUSIVE, "the training rows of this run or of the champion's are not known"
    return Outcome.PASS, _describe(changes)


def _check_features(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    if gate.new_features and changes.new_features:
        yield f"new features against the champion's run: {list_names(changes.new_features)}"
    if gate.removed_features and changes.removed_features:
        yield f"the champion's run had features that are gone: {list_names(changes.removed_features)}"
    if gate.rows_factor is not None and changes.rows and changes.champion_rows:
        factor = max(changes.rows / changes.champion_rows, changes.champion_rows / changes.rows)
        if factor > gate.rows_factor:
            yield (
                f"{changes.rows:,} training rows, the champion's run had {changes.champion_rows:,}: "
                f"a factor of {factor:.3g}, at most {gate.rows_factor:g} is usual"
            )


def _check_history(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    if gate.slow_factor is not None and changes.fit is not None and is_slow(gate, changes.fit):
        fit = changes.fit
        yield (
            f"the fit of {fit.candidate} took {fit.seconds:.0f} s, {fit.runs} earlier ones let expect "
            f"{fit.expected or 0.0:.0f} s and at most {_longest(gate, fit):.0f} s"
        )
    for each in changes.metrics:
        if gate.metric_change is not None and has_jumped(each, gate.metric_change):
            value = "can't be measured any more" if each.value is None else f"is {each.value:.4g}"
            lower, upper = each.lower or 0.0, each.upper or 0.0
            yield f"{each.metric} {value}, {each.runs} earlier runs let expect {lower:.4g} to {upper:.4g}"


def is_slow(gate: ReviewGate, fit: FitTime) -> bool:
    """Tell whether a fit took longer than the interval, the factor and the slack of seconds allow."""
    if fit.expected is None or fit.upper is None:
        return False
    return not fit.seconds <= _longest(gate, fit)


def has_jumped(shift: MetricShift, share: float) -> bool:
    """Tell whether a metric is outside what is expected, and by more than this share of its mean."""
    if shift.mean is None or shift.lower is None or shift.upper is None:
        return False
    if shift.value is None or not math.isfinite(shift.value):
        return True
    is_outside = not shift.lower <= shift.value <= shift.upper
    return is_outside and abs(shift.value - shift.mean) > share * abs(shift.mean)


def _longest(gate: ReviewGate, fit: FitTime) -> float:
    usual, factor = fit.expected or 0.0, gate.slow_factor or 1.0
    return max(fit.upper or 0.0, factor * usual, usual + gate.slow_seconds)


def _describe(changes: Changes) -> str:
    parts = [
        f"features as in the champion's run, {changes.rows or 0:,} training rows (then {changes.champion_rows or 0:,})"
    ]
    if changes.fit is not None and changes.fit.expected is not None:
        parts.append(f"the fit took {changes.fit.seconds:.1f} s (usual {changes.fit.expected:.1f} s)")
    judged = sum(each.mean is not None for each in changes.metrics)
    parts.append(f"{judged} metrics as usual" if judged else "too few earlier runs to know what is usual")
    return "; ".join(parts)
