"""The challenger must not be shown to be worse in any period of the holdout, nor swing too much between them.

The question is turned round from that on slices: a period has too few rows to show "not worse", but a model that is
good on average and fails in the newest quarter shows. Failing shares the confidence among the periods, so that of
healthy challengers at most 1 - confidence fail.
"""

from ratchet.config.model import ModelConfig
from ratchet.config.performance import StabilityGate
from ratchet.gates.evidence import (
    Finding,
    allowed_loss,
    answer,
    describe_gain,
    find_champion_obstacle,
    find_gap,
    find_worst,
    is_finite,
    is_shown_worse,
    worst_of,
)
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.performance import Periods

NAME = "stable_over_time"


def stable_over_time(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when no period is shown to be worse by more than the tolerance and the spread is within its limit."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.stable_over_time)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    if config.evaluation.periods < 2:
        return Outcome.NOT_APPLICABLE, "the YAML asks for no periods"
    if evaluation.champion is None and config.gates.stable_over_time.max_spread is None:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare periods with"
    if evaluation.periods is None:
        return Outcome.INCONCLUSIVE, "the periods of the holdout were not measured"
    if evaluation.periods.problem:
        return Outcome.INCONCLUSIVE, evaluation.periods.problem
    gate = config.gates.stable_over_time
    return _put_together(_judge_periods(gate, evaluation, evaluation.periods), _judge_spread(gate, evaluation.periods))


def _put_together(*findings: Finding) -> Finding:
    """Let the worse answer decide; a question that was not asked counts where neither was."""
    asked = [finding for finding in findings if finding[0] is not Outcome.NOT_APPLICABLE]
    return worst_of(asked) if asked else findings[0]


def _judge_periods(gate: StabilityGate, evaluation: Evaluation, periods: Periods) -> Finding:
    if obstacle := find_champion_obstacle(evaluation, absent="no champion yet to compare periods with"):
        return obstacle
    measured = {gain.slice: gain for gain in evaluation.period_gains}
    gains = {period.name: measured.get(period.name) for period in periods.periods}
    findings = [_judge_period(gate, name, gain, looks=len(gains)) for name, gain in gains.items()]
    return find_worst(findings, shown=1) or _describe_worst(gate, [*filter(None, gains.values())])


def _judge_period(gate: StabilityGate, name: str, gain: Gain | None, *, looks: int) -> Finding:
    if gain is None:
        return Outcome.INCONCLUSIVE, f"{name}: was not measured"
    if gap := find_gap(gain, gate, without_figure="the champion has no figure in it"):
        return Outcome.INCONCLUSIVE, f"{name}: {gap}"
    limit = -allowed_loss(gain, gate.tolerance)
    if is_shown_worse(gain, limit, looks=looks):
        return Outcome.FAIL, f"{name}: shown to be worse: {describe_gain(gain, limit)}"
    return Outcome.PASS, name


def _describe_worst(gate: StabilityGate, gains: list[Gain]) -> Finding:
    if not gains:
        return Outcome.INCONCLUSIVE, "no period was measured"
    worst = min(gains, key=lambda gain: gain.estimate or 0.0)
    said = f"in none of {len(gains)} periods shown to be worse by more than {100 * gate.tolerance:g} %"
    return Outcome.PASS, f"{said}; the worst is {worst.slice}: {worst.metric} gain {worst.estimate or 0.0:+.3g}"


def _judge_spread(gate: StabilityGate, periods: Periods) -> Finding:
    if gate.max_spread is None:
        return Outcome.NOT_APPLICABLE, "no limit on the spread over periods"
    if periods.challenger is None or not is_finite(periods.challenger.spread):
        return Outcome.INCONCLUSIVE, f"the challenger has no {periods.metric} in some period, so no spread"
    spread = periods.challenger.spread
    found = f"{periods.metric} spreads by {spread:.4g} over the periods, at most {gate.max_spread:.4g} may be"
    return (Outcome.PASS if spread <= gate.max_spread else Outcome.FAIL), found
