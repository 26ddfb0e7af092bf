"""Decisions must not cost more than the champion's and, where the YAML says so, not more than an amount.

Each part passes when its upper bound is within, and fails when its lower bound is beyond. Either part can fail a
challenger, so for that the bound is moved out to half the chance of a wrong failure (Bonferroni).
"""

from pydantic import Field

from ratchet.gates.evidence import (
    Finding,
    answer,
    count_decimals,
    find_champion_problem,
    find_shortage,
    is_finite,
    is_measured,
    lower_bound_among,
    worst_of,
)
from ratchet.gates.gate import Asked, Findings, Gate, GateSection, Opposed
from ratchet.records.calibration import Bounded
from ratchet.records.decision import CostReport
from ratchet.records.judgement import ChampionRef, GateResult, Outcome

NAME = "decision_cost"
PARTS = 2  # the champion and the amount


class DecisionCostGate(GateSection):
    """Decisions must not cost more than the champion's."""

    # Two models of one week cost within 5 % of each other, give or take, on 4,000 rows of taiwan_credit at 99 %.
    tolerance: float = Field(
        default=0.1, ge=0, description="As a share of the champion's cost: less is not called more costly."
    )
    max_cost_per_1000: float | None = Field(default=None, description="For 1,000 decisions; null for no limit.")
    min_rows: int = Field(default=500, ge=1, description="Holdout rows below which it can't judge.")
    min_positives: int = Field(default=50, ge=1, description="Rows of the rarer class.")


def decision_cost(section: DecisionCostGate, evidence: Opposed[CostReport]) -> GateResult:
    """Pass when the cost is shown to be within the tolerance over the champion's, and within `max_cost_per_1000`."""
    return answer(NAME, *_find(section, evidence.champion, evidence.found), section)


def _find(gate: DecisionCostGate, champion: ChampionRef | None, found: CostReport | None) -> Finding:
    if found is None:
        return Outcome.INCONCLUSIVE, "costs were not measured"
    if obstacle := _find_obstacle(gate, found):
        return Outcome.INCONCLUSIVE, obstacle
    findings = [*_judge_champion(gate, champion, found), *_judge_amount(gate, found)]
    if not findings:
        return Outcome.NOT_APPLICABLE, "no champion to compare with and no `max_cost_per_1000`"
    return worst_of(findings)


def _find_obstacle(gate: DecisionCostGate, found: CostReport) -> str | None:
    if found.problem is not None:
        return f"costs can't be measured: {found.problem}"
    return find_shortage(gate, found.rows, found.positives, subject=" costs")


def _judge_champion(gate: DecisionCostGate, champion: ChampionRef | None, found: CostReport) -> list[Finding]:
    if champion is None:
        return []
    if problem := find_champion_problem(champion):
        return [(Outcome.INCONCLUSIVE, problem)]
    theirs, saving = found.of("champion"), found.saving
    if theirs is None or saving is None or not is_finite(theirs.per_1000.estimate):
        return [(Outcome.INCONCLUSIVE, "the saving against the champion was not measured")]
    allowed = gate.tolerance * abs(theirs.per_1000.estimate)
    return [_judge(_turn(saving), allowed, "extra cost of 1,000 decisions against the champion's", found.confidence)]


def _judge_amount(gate: DecisionCostGate, found: CostReport) -> list[Finding]:
    limit, challenger = gate.max_cost_per_1000, found.of("challenger")
    if limit is None:
        return []
    if challenger is None:
        return [(Outcome.INCONCLUSIVE, "the challenger's cost was not measured")]
    return [_judge(challenger.per_1000, limit, "cost of 1,000 decisions", found.confidence)]


def _judge(figure: Bounded, limit: float, name: str, confidence: float) -> Finding:
    if figure.upper is None or not is_measured(figure):
        return Outcome.INCONCLUSIVE, f"the {name} has no finite figure or bound"
    found = f"{name} {_describe(figure, limit, confidence)}"
    if figure.upper <= limit:
        return Outcome.PASS, found
    if lower_bound_among(figure, PARTS, confidence=confidence) > limit:
        return Outcome.FAIL, f"shown to be too much: {found}"
    return Outcome.INCONCLUSIVE, f"not shown to be within: {found}"


def _describe(figure: Bounded, limit: float, confidence: float) -> str:
    figures = [each or 0.0 for each in (figure.estimate, figure.lower, figure.upper, limit)]
    decimals = count_decimals(max(map(abs, figures)))
    estimate, lower, upper, most = (f"{each:,.{decimals}f}" for each in figures)
    return f"{estimate} [{lower}, {upper}] at {100 * confidence:g} %, at most {most}"


def _turn(saving: Bounded) -> Bounded:
    """Turn a saving into an extra cost."""
    lower = None if saving.upper is None else -saving.upper
    upper = None if saving.lower is None else -saving.lower
    return Bounded(estimate=-saving.estimate, lower=lower, upper=upper)


def _pick(asked: Asked, found: Findings) -> Opposed[CostReport] | str:
    if not asked.has_costs:
        return "the YAML gives no costs"
    return Opposed(champion=found.evaluation.champion, found=found.evaluation.costs)


GATE = Gate(name=NAME, section=DecisionCostGate, evidence=Opposed, pick=_pick, judge=decision_cost)
