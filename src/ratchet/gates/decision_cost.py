"""Decisions must not cost more than the champion's and, where the YAML says so, not more than an amount.

Each part passes when its upper bound is within, and fails when its lower bound is beyond. Either part can fail a
challenger, so for that the bound is moved out to half the chance of a wrong failure (Bonferroni).
"""

from ratchet.config.model import ModelConfig
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
from ratchet.records.calibration import Bounded
from ratchet.records.costs import CostReport
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome

NAME = "decision_cost"
PARTS = 2  # the champion and the amount


def decision_cost(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when the cost is shown to be within the tolerance over the champion's, and within `max_cost_per_1000`."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.decision_cost)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    found = evaluation.costs
    if config.decision.costs is None:
        return Outcome.NOT_APPLICABLE, "the YAML gives no costs"
    if found is None:
        return Outcome.INCONCLUSIVE, "costs were not measured"
    if obstacle := _find_obstacle(config, found):
        return Outcome.INCONCLUSIVE, obstacle
    findings = [*_judge_champion(config, evaluation, found), *_judge_amount(config, found)]
    if not findings:
        return Outcome.NOT_APPLICABLE, "no champion to compare with and no `max_cost_per_1000`"
    return worst_of(findings)


def _find_obstacle(config: ModelConfig, found: CostReport) -> str | None:
    if found.problem is not None:
        return f"costs can't be measured: {found.problem}"
    return find_shortage(config.gates.decision_cost, found.rows, found.positives, subject=" costs")


def _judge_champion(config: ModelConfig, evaluation: Evaluation, found: CostReport) -> list[Finding]:
    if evaluation.champion is None:
        return []
    if problem := find_champion_problem(evaluation):
        return [(Outcome.INCONCLUSIVE, problem)]
    champion, saving = found.of("champion"), found.saving
    if champion is None or saving is None or not is_finite(champion.per_1000.estimate):
        return [(Outcome.INCONCLUSIVE, "the saving against the champion was not measured")]
    allowed = config.gates.decision_cost.tolerance * abs(champion.per_1000.estimate)
    return [_judge(_turn(saving), allowed, "extra cost of 1,000 decisions against the champion's", found.confidence)]


def _judge_amount(config: ModelConfig, found: CostReport) -> list[Finding]:
    limit, challenger = config.gates.decision_cost.max_cost_per_1000, found.of("challenger")
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
