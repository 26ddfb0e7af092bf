"""The challenger must beat the champion, or renew it: the champion's own recipe, fitted on newer rows, and not worse.

No evidence of a gain is a failure, not "can't say": the champion stays, and that is a decision. "Can't say" is kept for
a holdout that could not have shown a gain at all: too few rows, no figure, a champion that can't score these rows.

Without drift a newer fit is rarely shown to be better, and a champion would age for ever. A renewal is bounded twice:
what may be lost is a share of what the champion gains over the trivial baseline (the fraction of an effect that a
non-inferiority trial preserves: Rothmann et al. 2003); and many renewals together may lose no more than one, because
each is also compared with the champion that was last shown to be better (against the creep of D'Agostino et al. 2003).
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Self

from pydantic import Field, ValidationInfo, model_validator

from ratchet.gates.evidence import Finding, answer, describe_gain, find_obstacle, is_above, is_number
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.judgement import ChampionRef, Evaluation, Gain, GateResult, Outcome, Renewal
from ratchet.sections import FROM_FILE, Section

NAME = "beats_champion"
# Once it is due, a renewal is asked for in every run until one is shown: where a person decides at 95 %, a year of
# weekly looks would let one in that is worse (`benchmarks.weekly`).
SURE = 0.99
GONE = ("stale", "margin")  # keys of earlier versions, which are in the records of their runs
INSTEAD = (
    "`stale` and `margin` are gone: the champion's own recipe renews it by itself, see `renewal`; to replace it with "
    "another recipe that is only not worse, let a person approve: `on_fail: hold`"
)


class RenewalRule(Section):
    """When the champion's own recipe, fitted on newer rows, may replace it without being shown to be better."""

    margin: float = Field(
        default=0.02,
        gt=0,
        le=0.2,
        description="So much may be lost, as a share of what the champion gains over the trivial baseline: the gain's "
        "lower bound at 99 % must be above it, and that over the champion which was last shown to be better.",
    )
    unlearnt: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Not before the champion has missed this share of what is known now, of time or, without a clock, "
        "of rows.",
    )


class ChampionGate(GateSection):
    """The challenger must beat the champion, or renew it."""

    min_gain: float = Field(default=0.0, ge=0, description="The gain's lower bound must be above this.")
    renewal: RenewalRule | None = Field(
        default=RenewalRule(),
        description="The champion's own recipe on newer rows needs to be shown not worse only; null switches it off.",
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_gone(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict) or not any(name in value for name in GONE):
            return value
        if info.context == FROM_FILE:
            raise ValueError(INSTEAD)
        return {name: each for name, each in value.items() if name not in GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionGain:
    """The gain over the champion, and how many rows it takes to judge it.

    Attributes:
        champion: None: there is none yet.
        gain: over the champion.
        min_rows: fewest rows of the holdout.
        min_positives: fewest of the rarest class.
        baseline: the gain over the trivial baseline, for what the champion itself gains over that.
        renewal: what there is to know where the recipe is the champion's; None where that was not looked at.
    """

    champion: ChampionRef | None
    gain: Gain | None
    min_rows: int
    min_positives: int
    baseline: Gain | None = None
    renewal: Renewal | None = None

    @classmethod
    def of(cls, asked: Asked, judged: Evaluation) -> Self:
        """Take it from what was measured on the holdout."""
        return cls(
            champion=judged.champion,
            gain=judged.champion_gain,
            min_rows=asked.min_rows,
            min_positives=asked.min_positives,
            baseline=judged.baseline_gain,
            renewal=judged.renewal,
        )


def beats_champion(section: ChampionGate, evidence: ChampionGain) -> GateResult:
    """Pass when the lower bound of the gain over the champion is above `min_gain`, or when it is a renewal."""
    return answer(NAME, *_find(section, evidence), section)


def find_renewed(section: ChampionGate, evidence: ChampionGain) -> int | None:
    """Return which version was last shown to be better, where the gate passes for a renewal only; else None."""
    gain, champion, renewal = evidence.gain, evidence.champion, evidence.renewal
    if champion is None or gain is None or renewal is None or is_above(gain.lower, section.min_gain):
        return None
    if beats_champion(section, evidence).outcome is not Outcome.PASS:
        return None
    return champion.version if renewal.proven is None else renewal.proven


def _find(section: ChampionGate, evidence: ChampionGain) -> Finding:
    gain, champion = evidence.gain, evidence.champion
    if champion is None:
        return Outcome.NOT_APPLICABLE, "no champion yet: unopposed"
    if champion.problem:
        return Outcome.INCONCLUSIVE, f"champion {champion.version} can't score these rows: {champion.problem}"
    if gain is None:
        return Outcome.INCONCLUSIVE, "the gain over the champion was not measured"
    if obstacle := find_obstacle(gain, evidence):
        return Outcome.INCONCLUSIVE, obstacle
    return _judge(section, evidence, gain)


def _judge(gate: ChampionGate, evidence: ChampionGain, gain: Gain) -> Finding:
    found = describe_gain(gain, gate.min_gain)
    if is_above(gain.lower, gate.min_gain):
        return Outcome.PASS, found
    if is_number(gain.upper) and gain.upper < 0:
        return Outcome.FAIL, f"shown to be worse than the champion: {found}"
    rule, renewal = gate.renewal, evidence.renewal
    if rule is None or renewal is None:
        return Outcome.FAIL, f"not shown to be better: {found}"
    if problem := find_renewal_problem(rule, evidence, gain, renewal):
        return Outcome.FAIL, f"not shown to be better: {found}; no renewal: {problem}"
    margin = find_margin(rule, evidence, gain)
    return Outcome.PASS, (
        f"renewal: the champion's own recipe, {renewal.unlearnt or 0.0:.0%} of what is known is new to it, shown not "
        f"worse by {margin:.2g}, not to be better: {describe_gain(gain, -margin)}"
    )


def find_renewal_problem(rule: RenewalRule, evidence: ChampionGain, gain: Gain, renewal: Renewal) -> str | None:
    """Return why a challenger that is not shown to be better does not renew the champion; None when it does."""
    if renewal.problem is not None:
        return renewal.problem
    if not is_number(renewal.unlearnt) or renewal.unlearnt < rule.unlearnt:
        missed = renewal.unlearnt if is_number(renewal.unlearnt) else 0.0
        return f"the champion has missed {missed:.0%} of what is known, needs {rule.unlearnt:.0%}"
    margin = find_margin(rule, evidence, gain)
    if margin <= 0:
        return "the champion gains nothing over the trivial baseline, so nothing of that may be lost"
    if not is_above(find_sure_lower(gain), -margin):
        share = f"{rule.margin:.1%} of the champion's gain over the baseline"
        return f"not shown to be not worse by {margin:.2g}, {share}, at {max(SURE, gain.confidence):.3g}"
    return _compare_with_proven(renewal, evidence, margin)


def find_margin(rule: RenewalRule, evidence: ChampionGain, gain: Gain) -> float:
    """Return what a renewal may lose, in the metric's own units; 0 where the champion's own gain is not known."""
    ours, theirs = evidence.baseline.estimate if evidence.baseline else None, gain.estimate
    return rule.margin * max(ours - theirs, 0.0) if is_number(ours) and is_number(theirs) else 0.0


def find_sure_lower(gain: Gain) -> float | None:
    """Return the lower bound that holds at 99 %, or at the gain's own confidence where that is higher."""
    if gain.estimate is None or gain.lower is None:
        return None
    normal = NormalDist()
    factor = normal.inv_cdf(SURE) / normal.inv_cdf(gain.confidence)
    return gain.estimate - (gain.estimate - gain.lower) * max(factor, 1.0)


def _compare_with_proven(renewal: Renewal, evidence: ChampionGain, margin: float) -> str | None:
    """Many renewals, each not worse by a little, could lose much: none may lose more than the margin to the first."""
    if renewal.proven is None:
        return None
    proven = f"version {renewal.proven}, which was last shown to be better"
    if renewal.proven_gain is None:
        return f"it was not compared with {proven}"
    if obstacle := find_obstacle(renewal.proven_gain, evidence):
        return f"it can't be compared with {proven}: {obstacle}"
    if not is_above(find_sure_lower(renewal.proven_gain), -margin):
        return f"not shown to be not worse than {proven}: {describe_gain(renewal.proven_gain, -margin)}"
    return None


def pick(asked: Asked, found: Findings) -> ChampionGain:
    """Return what the gate looks at, of all that was measured."""
    return ChampionGain.of(asked, found.evaluation)


GATE = Gate(name=NAME, section=ChampionGate, evidence=ChampionGain, pick=pick, judge=beats_champion)
