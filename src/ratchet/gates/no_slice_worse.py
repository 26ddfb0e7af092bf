"""No slice may get worse by more than a share of the champion's figure on it.

Passing needs every slice to be shown "not worse by more than the tolerance", each at the full confidence: a wrong pass
needs the slice that is worse to slip through its own bound, so that many slices make it no likelier (an
intersection-union test, Berger 1982). Failing is the claim that some slice is worse, and the more slices are looked
at, the likelier one looks worse by chance: its upper bound is moved out to the confidence shared among the slices
(Bonferroni), so that all wrong failures together stay within 1 - confidence. A slice fails when that bound is
below zero and the best estimate is beyond the tolerance. In between, and with too few rows, the answer is "can't say".
"""

from collections.abc import Mapping
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
    judge_not_worse,
)
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection
from ratchet.records.judgement import ChampionRef, Gain, GateResult, Outcome

NAME = "no_slice_worse"


class SliceGate(GateSection):
    """No slice may get worse."""

    tolerance: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="As a share of the champion's figure on that slice: less is not called worse.",
    )
    min_rows: int = Field(default=100, ge=1, description="Holdout rows below which a slice can't be judged.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarest class.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceGains:
    """The gains over the champion by slice, and the named slices, each with whether it is cut into several parts."""

    champion: ChampionRef | None
    gains: tuple[Gain, ...]
    slices: Mapping[str, bool]


def no_slice_worse(section: SliceGate, evidence: SliceGains) -> GateResult:
    """Pass when every slice is shown to be not worse by more than the tolerance; the worst slice decides."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: SliceGate, evidence: SliceGains) -> Finding:
    if obstacle := find_champion_obstacle(evidence.champion, absent="no champion yet to compare slices with"):
        return obstacle
    return _judge(gate, evidence)


def _judge(gate: SliceGate, evidence: SliceGains) -> Finding:
    measured = [(name, gain) for name in evidence.slices for gain in _gains_of(name, evidence)]
    count = len(measured)
    findings = [_judge_slice(gate, gain, name, looks=count) for name, gain in measured]
    tolerance = 100 * gate.tolerance
    passed = f"none of {count} slices is worse by more than {tolerance:g} % of the champion's figure"
    return find_worst(findings, shown=1, among=f" of {count} slices") or (Outcome.PASS, passed)


def _gains_of(name: str, evidence: SliceGains) -> list[Gain | None]:
    """Return a slice's gain, or those of its parts; nothing but None where it was not measured."""
    is_cut = evidence.slices[name]
    return [gain for gain in evidence.gains if is_part(gain.slice, name, is_cut=is_cut)] or [None]


def is_part(measured: str, name: str, *, is_cut: bool) -> bool:
    """Tell whether a measured slice is a named one, or a part of one that is cut into several."""
    return measured == name or (is_cut and measured.startswith(f"{name} "))


def _judge_slice(gate: SliceGate, gain: Gain | None, name: str, *, looks: int) -> Finding:
    if gain is None:
        return Outcome.INCONCLUSIVE, f"slice {name}: was not measured"
    if gap := find_gap(gain, gate, without_figure="the champion has no figure on it"):
        return Outcome.INCONCLUSIVE, f"slice {name}: {gap}"
    limit = -allowed_loss(gain, gate.tolerance)
    found = f"slice {gain.slice}: {describe_gain(gain, limit)}"
    return judge_not_worse(gain, limit, found, looks=looks)


def _pick(asked: Asked, found: Findings) -> SliceGains | str:
    if not asked.slices:
        return "no slices in the YAML"
    judged = found.evaluation
    return SliceGains(champion=judged.champion, gains=judged.slice_gains, slices=asked.slices)


GATE = Gate(
    name=NAME,
    section=SliceGate,
    evidence=SliceGains,
    pick=_pick,
    judge=no_slice_worse,
    after_change=AfterChange.FAILURES,
)
