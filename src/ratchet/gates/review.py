"""What is unusual about a run is for a person to look at: features, rows, the time of the fit, metrics that jump."""

from collections.abc import Callable, Iterator

from pydantic import Field

from ratchet.errors import list_names
from ratchet.gates.evidence import Finding, answer, is_number
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection, OnFail, Opposed
from ratchet.records.judgement import GateResult, Outcome
from ratchet.records.review import Changes, FitTime, MetricShift

NAME = "review"


class ReviewGate(GateSection):
    """What is unusual about a run is held for a person, even when the challenger is better."""

    on_fail: OnFail = Field(default="hold", description="What a trigger does: hold for a person, or reject.")
    new_features: bool = Field(default=True, description="A feature that the champion's run did not have.")
    removed_features: bool = Field(default=True, description="A feature that only the champion's run had.")
    # Twice the rows, or half of them, is no ordinary week on any schedule: a source was cut, or delivered twice.
    rows_factor: float | None = Field(
        default=2.0, gt=1, description="Training rows changed by more than this factor; null switches it off."
    )
    # Fits on a shared machine take twice as long in a busy hour; three times and half a minute is something else.
    slow_factor: float | None = Field(
        default=3.0, gt=1, description="The fit took so many times what is usual; null switches it off."
    )
    slow_seconds: float = Field(default=30.0, ge=0, description="So much longer than usual is never unusual.")
    # Beyond what earlier runs let expect AND by more than a twentieth: shown to be another, and by enough to matter.
    metric_change: float | None = Field(
        default=0.05, ge=0, description="A metric changed by more than this share; null switches it off."
    )


def review(section: ReviewGate, evidence: Opposed[Changes]) -> GateResult:
    """Pass when nothing about the run is unusual; each trigger gives its own reason."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: ReviewGate, evidence: Opposed[Changes]) -> Finding:
    if evidence.champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet: there is no run to compare with"
    changes = evidence.found or Changes(problem="the run was not compared with earlier ones")
    if changes.problem is not None:
        return Outcome.INCONCLUSIVE, changes.problem
    return _judge(gate, changes)


def _judge(gate: ReviewGate, changes: Changes) -> Finding:
    if triggers := [sentence for find in TRIGGERS for sentence in find(gate, changes)]:
        return Outcome.FAIL, "; ".join(triggers)
    if gate.rows_factor is not None and _find_factor(changes) is None:
        return Outcome.INCONCLUSIVE, "the training rows of this run or of the champion's are not known"
    return Outcome.PASS, _describe(changes)


def _check_features(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    if gate.new_features and changes.new_features:
        yield f"new features against the champion's run: {list_names(changes.new_features)}"
    if gate.removed_features and changes.removed_features:
        yield f"the champion's run had features that are gone: {list_names(changes.removed_features)}"


def _check_rows(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    factor, limit = _find_factor(changes), gate.rows_factor
    if limit is not None and factor is not None and factor > limit:
        yield (
            f"{changes.rows:,} training rows, the champion's run had {changes.champion_rows:,}: "
            f"a factor of {factor:.3g}, at most {limit:g} is usual"
        )


def _find_factor(changes: Changes) -> float | None:
    now, then = changes.rows, changes.champion_rows
    return max(now / then, then / now) if now and then else None


def _check_fit(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    fit = changes.fit
    if gate.slow_factor is not None and fit is not None and is_slow(gate, fit):
        yield (
            f"the fit of {fit.candidate} took {fit.seconds:.0f} s, {fit.runs} earlier ones let expect "
            f"{fit.expected:.0f} s and at most {_longest(gate, fit):.0f} s"
        )


def _check_metrics(gate: ReviewGate, changes: Changes) -> Iterator[str]:
    share = gate.metric_change
    jumped = [each for each in changes.metrics if share is not None and has_jumped(each, share)]
    for each in jumped:
        value = "can't be measured any more" if each.value is None else f"is {each.value:.4g}"
        yield f"{each.metric} {value}, {each.runs} earlier runs let expect {each.lower:.4g} to {each.upper:.4g}"


TRIGGERS: tuple[Callable[[ReviewGate, Changes], Iterator[str]], ...] = (
    _check_features,
    _check_rows,
    _check_fit,
    _check_metrics,
)


def is_slow(gate: ReviewGate, fit: FitTime) -> bool:
    """Tell whether a fit took longer than the interval, the factor and the slack of seconds allow."""
    if fit.expected is None or fit.upper is None:
        return False
    return not fit.seconds <= _longest(gate, fit)


def has_jumped(shift: MetricShift, share: float) -> bool:
    """Tell whether a metric is outside what is expected, and by more than this share of its mean."""
    if shift.mean is None or shift.lower is None or shift.upper is None:
        return False
    if not is_number(shift.value):
        return True
    is_inside = shift.lower <= shift.value <= shift.upper
    return not is_inside and abs(shift.value - shift.mean) > share * abs(shift.mean)


def _longest(gate: ReviewGate, fit: FitTime) -> float:
    expected, factor = fit.expected or 0.0, gate.slow_factor or 1.0
    return max(fit.upper or 0.0, factor * expected, expected + gate.slow_seconds)


def _describe(changes: Changes) -> str:
    now, then = changes.rows or 0, changes.champion_rows or 0
    parts = [f"features as in the champion's run, {now:,} training rows (then {then:,})"]
    if changes.fit is not None and changes.fit.expected is not None:
        parts.append(f"the fit took {changes.fit.seconds:.1f} s (usual {changes.fit.expected:.1f} s)")
    return "; ".join([*parts, _count_metrics(changes)])


def _count_metrics(changes: Changes) -> str:
    judged = sum(each.mean is not None for each in changes.metrics)
    return f"{judged} metrics as usual" if judged else "too few earlier runs to know what is usual"


def _pick(_asked: Asked, found: Findings) -> Opposed[Changes]:
    return Opposed(champion=found.evaluation.champion, found=found.evaluation.changes)


GATE = Gate(name=NAME, section=ReviewGate, evidence=Opposed, pick=_pick, judge=review, after_change=AfterChange.NONE)
