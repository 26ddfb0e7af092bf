"""No slice that looked weak on validation may be shown to be worse than the champion's on the holdout.

The slices were found on other rows than they are measured on, so only the few that were kept count for multiplicity:
to call one worse, its upper bound is moved out to the confidence shared among them (Bonferroni). A slice fails when
that bound is below zero and the best estimate is beyond the tolerance. Here "none is shown to be worse" is a pass, and
the reason says what would have shown; a slice that somebody named (`no_slice_worse`) must be shown to be not worse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from ratchet.gates.evidence import (
    Finding,
    allowed_loss,
    answer,
    bonferroni_factor,
    describe_gain,
    find_champion_problem,
    find_gap,
    find_shortage,
    is_finite,
    is_shown_worse,
    worst_of,
)
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection
from ratchet.metrics.registry import find_metric
from ratchet.records.holdout import Level, SliceFinding
from ratchet.records.judgement import ChampionRef, Gain, GateResult, Outcome

NAME = "weakest_slice"
NOT_SEARCHED = SliceFinding(tried=0, against="", problem="validation was not read")


class WeakestSliceGate(GateSection):
    """No slice that looked weak on validation may be shown to be worse than the champion's on the holdout."""

    tolerance: float = Field(
        default=0.05,  # as in no_slice_worse, so that a slice is judged alike whether or not it was named
        ge=0,
        le=1,
        description="As a share of the champion's figure on that slice: less is not called worse.",
    )
    floor: float | None = Field(
        default=None,
        description="What the primary metric must reach on each found slice (for a loss: stay below), with or "
        "without a champion; null: nothing.",
    )
    min_rows: int = Field(default=100, ge=1, description="Holdout rows below which a found slice is not judged.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarest class.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSlices:
    """What came of the search for weak slices, None where none was made, and the gains over the champion on them."""

    champion: ChampionRef | None
    gains: tuple[Gain, ...]
    search: SliceFinding | None


def weakest_slice(section: WeakestSliceGate, evidence: WeakSlices) -> GateResult:
    """Fail when a found slice is shown to be worse than the champion's, or to miss the floor."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: WeakestSliceGate, evidence: WeakSlices) -> Finding:
    if evidence.champion is None and gate.floor is None:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare slices with, and no floor in the YAML"
    return _judge(gate, evidence, evidence.search or NOT_SEARCHED)


def _judge(gate: WeakestSliceGate, evidence: WeakSlices, search: SliceFinding) -> Finding:
    if search.problem:
        return Outcome.INCONCLUSIVE, f"no slice was searched: {search.problem}"
    if problem := find_champion_problem(evidence.champion):
        return Outcome.INCONCLUSIVE, problem
    return worst_of([*_judge_parts(gate, evidence, search)])


def _judge_parts(gate: WeakestSliceGate, evidence: WeakSlices, search: SliceFinding) -> Iterator[Finding]:
    if gate.floor is not None:
        yield _judge_levels(gate, search.levels, gate.floor)
    if evidence.champion is not None:
        yield _judge_gains(gate, evidence.gains, search.tried)


def _judge_gains(gate: WeakestSliceGate, gains: Sequence[Gain], tried: int) -> Finding:
    gaps = [find_gap(gain, gate, without_figure="the champion has no figure on it") for gain in gains]
    judged = [gain for gain, gap in zip(gains, gaps, strict=True) if gap is None]
    if not judged:
        why = f"{gains[0].slice}: {gaps[0]}" if gains else "none was found"
        return Outcome.INCONCLUSIVE, f"none of {len(gains)} found slices can be judged: {why}"
    if worse := _find_worse(gate, judged):
        return Outcome.FAIL, f"shown to be worse: {worse.slice}: {_describe_gain(gate, worse)}"
    return Outcome.PASS, (
        f"none of the {len(judged)} weakest of {tried:,} slices tried on validation is shown to be worse; "
        f"{_describe_worst(gate, judged)}"
    )


def _describe_worst(gate: WeakestSliceGate, judged: Sequence[Gain]) -> str:
    worst = min(judged, key=lambda gain: gain.estimate or 0.0)
    return f"{worst.slice}: {_describe_gain(gate, worst)}"


def _find_worse(gate: WeakestSliceGate, judged: Sequence[Gain]) -> Gain | None:
    looks = len(judged)
    worse = (gain for gain in judged if is_shown_worse(gain, -allowed_loss(gain, gate.tolerance), looks=looks))
    return next(worse, None)


def _describe_gain(gate: WeakestSliceGate, gain: Gain) -> str:
    return describe_gain(gain, -allowed_loss(gain, gate.tolerance))


def _judge_levels(gate: WeakestSliceGate, levels: Sequence[Level], floor: float) -> Finding:
    """Ask every slice that is large enough for the floor: shown below fails, shown above passes."""
    judged = [level for level in levels if _is_large_enough(gate, level)]
    if not judged:
        return Outcome.INCONCLUSIVE, f"none of {len(levels)} found slices is large enough to be held to {floor:g}"
    beyond = next((level for level in judged if _is_beyond(level, floor, slices=len(judged))), None)
    if beyond is not None:
        return Outcome.FAIL, f"shown to miss the floor: {_describe_level(beyond, floor)}"
    worst = max(judged, key=lambda level: _turn(level, (level.value or 0.0) - floor))
    return Outcome.PASS, f"no found slice is shown to miss the floor; {_describe_level(worst, floor)}"


def _is_large_enough(gate: WeakestSliceGate, level: Level) -> bool:
    has_rows = find_shortage(gate, level.rows, level.positives) is None
    return has_rows and is_finite(level.value, level.lower, level.upper)


def _is_beyond(level: Level, floor: float, *, slices: int) -> bool:
    """Tell whether the bound on the good side of the figure still misses the floor, for all slices at once."""
    best = level.lower if find_metric(level.metric).is_loss else level.upper
    if best is None or level.value is None:
        return False
    best = level.value + (best - level.value) * bonferroni_factor(slices, confidence=level.confidence)
    return _turn(level, best - floor) > 0


def _turn(level: Level, above: float) -> float:
    """Return how far a figure misses the floor: a loss by being above it, anything else by being below."""
    return above if find_metric(level.metric).is_loss else -above


def _describe_level(level: Level, floor: float) -> str:
    side = "at most" if find_metric(level.metric).is_loss else "at least"
    lower, upper = find_metric(level.metric).clip_figure(level.lower or 0.0, level.upper or 0.0)
    return (
        f"{level.slice}: {level.metric} {level.value:.4g} [{lower:.4g}, {upper:.4g}] "
        f"at {100 * level.confidence:g} %, needs {side} {floor:g}"
    )


def _pick(asked: Asked, found: Findings) -> WeakSlices | str:
    if not asked.searches_slices:
        return "the YAML switches the search for weak slices off"
    judged = found.evaluation
    return WeakSlices(champion=judged.champion, gains=judged.weak_slices, search=judged.slice_search)


GATE = Gate(
    name=NAME,
    section=WeakestSliceGate,
    evidence=WeakSlices,
    pick=_pick,
    judge=weakest_slice,
    after_change=AfterChange.SEARCHED,
)
