"""No guard metric may get worse by more than a share of the champion's figure: one result a metric.

A guard passes when it is shown to be not worse by more than its tolerance, at the full confidence: for a wrong
promotion the metric that is worse must slip through its own bound, so that many guards make it no likelier (an
intersection-union test, Berger 1982). Failing shares the confidence among the guards, see `ratchet.gates.evidence`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ratchet.gates.evidence import (
    Finding,
    allowed_loss,
    answer,
    describe_gain,
    find_champion_obstacle,
    find_gap,
    judge_not_worse,
)
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.judgement import ChampionRef, Gain, GateResult, Outcome

NAME = "guard_metrics"
PREFIX = "guard_"


class GuardGate(GateSection):
    """No guard metric may get worse; each gives a result of its own, named `guard_<metric>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardGains:
    """The gain in each guard metric, what each may lose (a share of the champion's figure), and the rows it takes."""

    champion: ChampionRef | None
    gains: tuple[Gain, ...]
    tolerances: Mapping[str, float]
    min_rows: int
    min_positives: int


def guard_metrics(section: GuardGate, evidence: GuardGains) -> tuple[GateResult, ...]:
    """Pass each guard metric that is shown to be not worse by more than its tolerance."""
    measured = {gain.metric: gain for gain in evidence.gains}
    return tuple(
        answer(PREFIX + metric, *_find(evidence, metric, measured.get(metric)), section)
        for metric in evidence.tolerances
    )


def _find(evidence: GuardGains, metric: str, gain: Gain | None) -> Finding:
    if obstacle := find_champion_obstacle(evidence.champion, absent="no champion yet to compare with"):
        return obstacle
    if gain is None:
        return Outcome.INCONCLUSIVE, f"the gain in {metric} was not measured"
    if gap := find_gap(gain, evidence, without_figure=f"the champion has no {metric} on these rows"):
        return Outcome.INCONCLUSIVE, gap
    return _judge(gain, evidence.tolerances[metric], looks=len(evidence.tolerances))


def _judge(gain: Gain, tolerance: float, *, looks: int) -> Finding:
    limit = -allowed_loss(gain, tolerance)
    found = f"{describe_gain(gain, limit)} ({100 * tolerance:g} % of the champion's {gain.opponent_value:.4g})"
    return judge_not_worse(gain, limit, found, looks=looks)


def _pick(asked: Asked, found: Findings) -> GuardGains | str:
    if not asked.guards:
        return "no guard metrics in the YAML"
    return GuardGains(
        champion=found.evaluation.champion,
        gains=found.evaluation.guard_gains,
        tolerances=asked.guards,
        min_rows=asked.min_rows,
        min_positives=asked.min_positives,
    )


GATE = Gate(name=NAME, section=GuardGate, evidence=GuardGains, pick=_pick, judge=guard_metrics)
