"""The challenger must not be shown to be worse in any period of the holdout, nor swing too much between them.

The question is turned round from that on slices: a period has too few rows to show "not worse", but a model that is
good on average and fails in the newest quarter shows. Failing shares the confidence among the periods, so that of
healthy challengers at most 1 - confidence fail.
"""

from dataclasses import dataclass

from pydantic import Field

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
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection
from ratchet.records.holdout import Periods
from ratchet.records.judgement import ChampionRef, Gain, GateResult, Outcome

NAME = "stable_over_time"


class StabilityGate(GateSection):
    """The challenger must not be worse in any period of the holdout, nor swing too much between them."""

    tolerance: float = Field(
        default=0.05,  # as for slices and guards
        ge=0,
        le=1,
        description="As a share of the champion's figure in that period: less is not called worse.",
    )
    max_spread: float | None = Field(
        default=None,
        gt=0,
        description="Best minus worst period of the challenger's own figure; null for no limit, as that is the data's.",
    )
    # a quarter of what the whole holdout needs (100 positives, 200 rows) at the default of four periods, and then half
    # as many again where they come unevenly: the claim that a period is worse has honest bounds at any size
    min_rows: int = Field(default=50, ge=1, description="Rows of a period below which it can't be judged.")
    min_positives: int = Field(default=10, ge=1, description="Rarest-class rows of a period below which it can't.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodGains:
    """The periods of the holdout, and the gain over the champion in each; None for periods: they were not measured."""

    champion: ChampionRef | None
    gains: tuple[Gain, ...]
    periods: Periods | None


def stable_over_time(section: StabilityGate, evidence: PeriodGains) -> GateResult:
    """Pass when no period is shown to be worse by more than the tolerance and the spread is within its limit."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: StabilityGate, evidence: PeriodGains) -> Finding:
    periods = evidence.periods
    if evidence.champion is None and gate.max_spread is None:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare periods with"
    if periods is None:
        return Outcome.INCONCLUSIVE, "the periods of the holdout were not measured"
    if periods.problem:
        return Outcome.INCONCLUSIVE, periods.problem
    return _put_together(_judge_periods(gate, evidence, periods), _judge_spread(gate, periods))


def _put_together(*findings: Finding) -> Finding:
    """Let the worse answer decide; a question that was not asked counts where neither was."""
    asked = [finding for finding in findings if finding[0] is not Outcome.NOT_APPLICABLE]
    return worst_of(asked) if asked else findings[0]


def _judge_periods(gate: StabilityGate, evidence: PeriodGains, periods: Periods) -> Finding:
    if obstacle := find_champion_obstacle(evidence.champion, absent="no champion yet to compare periods with"):
        return obstacle
    measured = {gain.slice: gain for gain in evidence.gains}
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


def _pick(asked: Asked, found: Findings) -> PeriodGains | str:
    if asked.periods < 2:
        return "the YAML asks for no periods"
    judged = found.evaluation
    return PeriodGains(champion=judged.champion, gains=judged.period_gains, periods=judged.periods)


GATE = Gate(
    name=NAME,
    section=StabilityGate,
    evidence=PeriodGains,
    pick=_pick,
    judge=stable_over_time,
    after_change=AfterChange.FAILURES,
)
