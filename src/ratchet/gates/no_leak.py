"""No leak may be found: a certain one fails, a suspected one is for a person to look at."""

from typing import Literal

from pydantic import Field

from ratchet.errors import list_names
from ratchet.gates.evidence import answer, find_worst
from ratchet.gates.gate import Gate, GateSection
from ratchet.records.judgement import GateResult, Outcome
from ratchet.records.leakage import Audit, Finding, Strength
from ratchet.sections import ColumnName

NAME = "no_leak"
SHOWN = 3
OUTCOMES = {Strength.CERTAIN: Outcome.FAIL, Strength.SUSPECTED: Outcome.INCONCLUSIVE}
OPENINGS = {Outcome.FAIL: "", Outcome.INCONCLUSIVE: "leak suspected: "}


class LeakGate(GateSection):
    """No leak may be found: a certain one fails, a suspected one is inconclusive."""

    accepted: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Columns that a person has looked at: findings on them alone don't count."
    )
    # A continuous column that alone ranks better than this is rarer among honest ones than among leaks; measured in
    # docs/decisions/0009. Copies of the target with errors and "is empty" are judged by the next.
    max_alone: float = Field(
        default=0.9, gt=0.5, le=1, description="roc_auc of one column, alone and beside all others."
    )
    # The hour of the day says so much of rented bicycles, a month's flights of the late ones: 0.93 and 0.94 are honest.
    max_alone_number: float = Field(
        default=0.95, gt=0.5, le=1, description="The same for a target of numbers, above or below its quarters."
    )
    # A copy of a binary target with 12 % of wrong values has 0.88; honest flags of this strength are not known to us.
    max_flag_alone: float = Field(
        default=0.8,
        gt=0.5,
        le=1,
        description="The same for columns of two values or kinds of values, and for being empty.",
    )
    # `duration` of the bank data has 0.80 to 0.82; only for names such as duration, outcome, final, closed.
    max_afterwards_alone: float = Field(
        default=0.75, gt=0.5, le=1, description="The same for columns whose name speaks of the end."
    )
    # Real tables have below 0.2 % of rows twice across a split (adult, bank, taiwan_credit).
    max_duplicate_share: float = Field(
        default=0.01, ge=0, le=1, description="Holdout rows that stand in train as well, or nearly."
    )
    entities: Literal["auto", "allow", "forbid"] = Field(
        default="auto", description="Whether train may know the holdout's entities; auto: in a split by time only."
    )
    max_entity_share: float = Field(default=0.02, ge=0, le=1, description="Holdout rows whose entity is in train.")
    max_late_share: float = Field(default=0.0, ge=0, le=1, description="Values known later than the prediction.")
    # The error that is left, halved from one run to the next: a year of honest work rarely does that.
    min_error_left: float = Field(
        default=0.5, ge=0, lt=1, description="Of the smallest error of all earlier runs; less is too good to be true."
    )
    max_shift: float = Field(
        default=0.6, gt=0.5, le=1, description="roc_auc of train against holdout, in a split that time has no part in."
    )


def no_leak(section: LeakGate, evidence: Audit) -> GateResult:
    """Pass when every kind of leak was looked for and none was found that nobody has accepted."""
    return answer(NAME, *_find(section.accepted, evidence), section)


def _find(accepted: tuple[str, ...], audit: Audit) -> tuple[Outcome, str]:
    if audit.problem is not None:
        return Outcome.INCONCLUSIVE, f"leaks could not be looked for: {audit.problem}"
    counted = [each for each in audit.findings if not is_accepted(each, accepted)]
    if worst := find_worst([(OUTCOMES[each.strength], each.reason) for each in counted], shown=SHOWN):
        outcome, reasons = worst
        return outcome, OPENINGS[outcome] + reasons
    taken = f"; accepted by the YAML: {list_names(accepted)}" if len(counted) < len(audit.findings) else ""
    return _describe(audit, taken)


def _describe(audit: Audit, taken: str) -> tuple[Outcome, str]:
    """Say what was looked at; nothing found is a pass only where every search was made."""
    looked_at = "; ".join(each.looked_at for each in audit.checks if each.problem is None)
    if not looked_at:
        return Outcome.INCONCLUSIVE, f"no leak was looked for{_describe_gaps(audit)}"
    if gaps := _describe_gaps(audit):
        return Outcome.INCONCLUSIVE, f"no leak found{gaps}. Looked at: {looked_at}{taken}"
    return Outcome.PASS, f"no leak found. Looked at: {looked_at}{taken}"


def is_accepted(finding: Finding, accepted: tuple[str, ...]) -> bool:
    """Tell whether every column of a finding was looked at by a person; one in rows has no columns."""
    return bool(finding.columns) and set(finding.columns) <= set(accepted)


def _describe_gaps(audit: Audit) -> str:
    gaps = [f"{each.kind.value}: {each.problem}" for each in audit.checks if each.problem is not None]
    return f"; could not be looked for: {'; '.join(gaps)}" if gaps else ""


GATE = Gate(name=NAME, section=LeakGate, evidence=Audit, pick=lambda _asked, found: found.audit, judge=no_leak)
