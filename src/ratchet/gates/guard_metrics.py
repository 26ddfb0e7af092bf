"""No guard metric may get worse by more than a share of the champion's figure: one result a metric.

A guard passes when it is shown to be not worse by more than its tolerance, at the full confidence: for a wrong
promotion the metric that is worse must slip through its own bound, so that many guards make it no likelier (an
intersection-union test, Berger 1982). Failing shares the confidence among the guards, see `ratchet.gates.evidence`.
"""

from ratchet.config.model import ModelConfig
from ratchet.config.performance import Guard
from ratchet.gates.evidence import (
    Finding,
    allowed_loss,
    answer,
    describe_gain,
    find_champion_obstacle,
    find_gap,
    judge_not_worse,
)
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome

NAME = "guard_metrics"
PREFIX = "guard_"


def guard_metrics(config: ModelConfig, evaluation: Evaluation) -> tuple[GateResult, ...]:
    """Pass each guard metric that is shown to be not worse by more than its tolerance."""
    section = config.gates.guard_metrics
    if not config.guards:
        return (answer(NAME, Outcome.NOT_APPLICABLE, "no guard metrics in the YAML", section),)
    measured = {gain.metric: gain for gain in evaluation.guard_gains}
    return tuple(
        answer(PREFIX + guard.metric, *_find(config, evaluation, guard, measured.get(guard.metric)), section)
        for guard in config.guards
    )


def _find(config: ModelConfig, evaluation: Evaluation, guard: Guard, gain: Gain | None) -> Finding:
    if obstacle := find_champion_obstacle(evaluation, absent="no champion yet to compare with"):
        return obstacle
    if gain is None:
        return Outcome.INCONCLUSIVE, f"the gain in {guard.metric} was not measured"
    if gap := find_gap(gain, config, without_figure=f"the champion has no {guard.metric} on these rows"):
        return Outcome.INCONCLUSIVE, gap
    return _judge(guard, gain, looks=len(config.guards))


def _judge(guard: Guard, gain: Gain, *, looks: int) -> Finding:
    limit = -allowed_loss(gain, guard.tolerance)
    found = f"{describe_gain(gain, limit)} ({100 * guard.tolerance:g} % of the champion's {gain.opponent_value:.4g})"
    return judge_not_worse(gain, limit, found, looks=looks)
