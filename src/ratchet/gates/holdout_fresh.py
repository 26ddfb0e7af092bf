"""The same holdout must not judge again and again: each look may promote noise, and what was chosen by it flatters."""

from dataclasses import dataclass

from pydantic import Field

from ratchet.gates.evidence import Finding, answer
from ratchet.gates.gate import Asked, Findings, Gate, GateSection, OnFail
from ratchet.records.holdout import HoldoutHistory
from ratchet.records.judgement import GateResult, Outcome

NAME = "holdout_fresh"


class HoldoutGate(GateSection):
    """The same holdout must not judge again and again."""

    on_fail: OnFail = Field(default="hold", description="What a failure does: hold for a person, or reject.")
    # Each use may promote noise with the 1 % of `evaluation.confidence`: five are 5 %, what one look of a person has.
    # Measured where nothing improves: a year of weekly looks at the same holdout ends 0.012 roc_auc above the truth.
    max_uses: int = Field(default=5, ge=1, description="Runs that may judge on exactly the same holdout rows.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutUses:
    """How many rows the holdout has, how many runs have judged on it, this one included, and which these were."""

    rows: int
    uses: int
    history: HoldoutHistory | None = None


def holdout_fresh(section: HoldoutGate, evidence: HoldoutUses) -> GateResult:
    """Pass while no more runs than `max_uses` have judged on exactly these rows, this run included."""
    return answer(NAME, *_find(section.max_uses, evidence), section)


def _find(limit: int, evidence: HoldoutUses) -> Finding:
    uses = evidence.uses
    if uses < 1:
        return Outcome.INCONCLUSIVE, f"the uses of this holdout were not counted: found {uses}"
    times = "once" if uses == 1 else f"{uses} times"
    said = f"these {evidence.rows:,} holdout rows have judged {times}, this run included; at most {limit} may be"
    said += _describe(evidence.history)
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


def _pick(_asked: Asked, found: Findings) -> HoldoutUses:
    holdout = found.evaluation
    return HoldoutUses(rows=holdout.rows, uses=holdout.holdout_uses, history=holdout.holdout_history)


GATE = Gate(name=NAME, section=HoldoutGate, evidence=HoldoutUses, pick=_pick, judge=holdout_fresh)
