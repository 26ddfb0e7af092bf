"""The base rate of training must still be that of the rows that judge, or a person must know why it is not.

A share that changes may be the world's, the collection's or the definition's, and only the first is to be learnt. What
tells them apart: the inputs moved with it, so that what they meant before lets expect at least half of the change, or
training has seen enough of the rows since: then it is the world's. From one moment on there is hardly any row of a
class: labels are cut off. The newest rows lack a class, the newer the more: their labels are not known yet. A step
while the inputs stay where they were: the definition may have changed. What is none of these waits for a person.
"""

from math import asin, sqrt

from pydantic import Field

from ratchet.gates.evidence import Finding, answer, worst_of
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection, OnFail
from ratchet.records.judgement import GateResult, Outcome
from ratchet.records.label_rates import LabelRates, LabelShift, PartGap
from ratchet.timeline import Moment, to_number

NAME = "label_shift"
GONE = 0.1  # of the share before: from one moment on there is hardly any of it
EXPLAINED = 0.5  # of a change: the inputs let expect as much
SURE = 5.0  # standard errors: parts and labels are many
ABOVE = "above "  # a share of a number's range, which no class can be missing from


class LabelShiftGate(GateSection):
    """The base rate must be as in training, or have changed for a reason that the rows show."""

    on_fail: OnFail = Field(
        default="hold", description="What labels that are cut off do: hold for a person, or reject."
    )
    min_effect: float = Field(
        default=0.2,  # Cohen (1988): a small effect
        gt=0,
        le=3.2,
        description="A step smaller than this, as Cohen's h (0.2: from 30 % to 40 %), is none.",
    )
    max_gap: float = Field(
        default=1.0,  # beyond what Cohen (1988) calls a large effect, 0.8, as several classes of a drifting world reach
        gt=0,
        le=3.2,
        description="How far shares in training and in validation or holdout may be apart without a step, as Cohen's h "
        "(1: from 30 % to 78 %); where rows are divided by chance it is `min_effect`.",
    )
    min_learnt: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="A step is learnt when this share of the training rows is from after it.",
    )


def label_shift(section: LabelShiftGate, evidence: LabelRates) -> GateResult:
    """Pass when no share of a label changes without a reason that the rows show."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: LabelShiftGate, rates: LabelRates) -> Finding:
    if rates.problem is not None:
        return Outcome.INCONCLUSIVE, f"base rates were not compared: {rates.problem}"
    shifts = [_judge_shift(gate, each, rates) for each in rates.shifts if _is_large(gate, each)]
    findings = [*shifts, *(_judge_gap(gate, each, rates) for each in rates.gaps if not rates.shifts)]
    worst = [finding for finding in findings if finding[0] is not Outcome.PASS]
    if worst:
        return worst_of(worst[:2] if len(worst) > 2 else worst)
    said = [reason for outcome, reason in shifts if outcome is Outcome.PASS]
    return Outcome.PASS, "; ".join([*said[:2], _describe_parts(rates)])


def _is_large(gate: LabelShiftGate, shift: LabelShift) -> bool:
    return not shift.is_sudden or _effect(shift.before, shift.after) >= gate.min_effect


def _effect(before: float, after: float) -> float:
    """Return Cohen's h of two shares."""
    return 2 * abs(asin(sqrt(after)) - asin(sqrt(before)))


def _judge_shift(gate: LabelShiftGate, shift: LabelShift, rates: LabelRates) -> Finding:
    since = f"since {_when(shift.at)} ({shift.rows_after:,} rows, {shift.rows_before:,} before)"
    moved = f"{shift.label}: {_percent(shift.before)} before, {_percent(shift.after)} {since}"
    if not shift.is_sudden:
        return Outcome.INCONCLUSIVE, (f"{moved}, the less the newer the rows: their labels may not be known yet")
    is_explained = False
    if shift.expected is not None:
        moved += f", {_percent(shift.expected)} by the inputs"
        is_explained = (shift.expected - shift.before) / (shift.after - shift.before) >= EXPLAINED
    if _is_cut_off(shift):
        outcome = Outcome.INCONCLUSIVE if is_explained else Outcome.FAIL
        return outcome, f"{moved}: labels seem to be cut off, as hardly a row is of {_missing(shift)}"
    if is_explained:
        return Outcome.PASS, f"{moved}: the inputs changed with it"
    if rates.change is not None and to_number(shift.at) <= to_number(rates.change) + 1:
        return Outcome.PASS, f"{moved}: it is the change that the champion has lost by"
    if shift.learnt >= gate.min_learnt:
        return Outcome.PASS, f"{moved}: {_percent(shift.learnt)} of the training rows are from after it"
    return Outcome.INCONCLUSIVE, (
        f"{moved}: the definition of the label may have changed, or the world in something that no feature tells"
    )


def _is_cut_off(shift: LabelShift) -> bool:
    if shift.label.startswith(ABOVE):
        return False
    return shift.after <= GONE * shift.before or 1 - shift.after <= GONE * (1 - shift.before)


def _missing(shift: LabelShift) -> str:
    return shift.label if shift.after <= shift.before else f"anything but {shift.label}"


def _judge_gap(gate: LabelShiftGate, gap: PartGap, rates: LabelRates) -> Finding:
    limit = gate.max_gap if rates.blocks else gate.min_effect
    found = f"{gap.label}: {_percent(gap.train)} in training, {_percent(gap.other)} in {gap.part}"
    is_far = abs(gap.effect) > max(limit, SURE * gap.standard_error)
    if not is_far or gap.is_known or rates.change is not None:
        return Outcome.PASS, found
    return (
        Outcome.INCONCLUSIVE,
        f"{found}, Cohen's h {abs(gap.effect):.2f}, at most {limit:g} may be: nothing shows why",
    )


def _describe_parts(rates: LabelRates) -> str:
    """Give the first label's share by part."""
    shares = ", ".join(f"{part.name} {_percent(part.shares[0])}" for part in rates.parts if part.shares)
    return f"{rates.names[0]}: {shares}" if rates.names else "no label is counted"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _when(at: Moment) -> str:
    return f"row {at:,}" if isinstance(at, int) else f"{at:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


def _pick(_asked: Asked, found: Findings) -> LabelRates:
    missing = LabelRates(names=(), parts=(), problem="they were not measured")
    return found.evaluation.label_rates or missing


GATE = Gate(
    name=NAME,
    section=LabelShiftGate,
    evidence=LabelRates,
    pick=_pick,
    judge=label_shift,
    after_change=AfterChange.FAILURES,
)
