"""Predicted probabilities must match observed rates: within a limit, on every group, and no worse than the champion's.

The limit is a rule against probabilities that are plainly off. Chance makes the measured error larger, never smaller,
so an error within the limit passes as it stands; beyond it, it fails once its lower bound is beyond as well. Champion
and challenger are measured on the same rows, which tells small differences apart: passing needs the upper bound of the
change within the tolerance. On a slice, a sensitive group or a class the mean prediction is held against the rate; few
rows don't show whether it is right, so only what is shown to be wrong fails. Each part can fail a challenger, so each
one's bound is moved out to its share of the chance of a wrong failure (Bonferroni), that of the groups shared among
them and the two directions.
"""

from pydantic import Field

from ratchet.gates.evidence import (
    Finding,
    answer,
    bonferroni_factor,
    find_champion_problem,
    find_shortage,
    is_measured,
    list_reasons,
    lower_bound_among,
    worst_of,
)
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection, Opposed
from ratchet.records.calibration import Bounded, Calibration, ModelCalibration
from ratchet.records.judgement import ChampionRef, GateResult, Outcome

NAME = "calibrated"
PARTS = 3  # the limit, the groups and the champion
OVERALL = "overall"
SHOWN = 3  # groups that are named
NO_CHANGE = "the change against the champion has no finite figure or bound"


class CalibratedGate(GateSection):
    """Predicted probabilities must match observed rates."""

    # Measured with probabilities that were corrected where that helps: 0.01 to 0.06 on rows like those learnt from, and
    # up to 0.21 where the world moves on (decision 41). Where a probability is shown to people or multiplied by money,
    # 0.05 is a better limit.
    max_ece: float | None = Field(
        default=0.2, gt=0, le=1, description="Expected calibration error (0 to 1); null for no limit."
    )
    max_group_error: float | None = Field(
        default=0.2,
        gt=0,
        le=1,
        description="How far mean prediction and rate may be apart on a slice, a sensitive group or a class; null for "
        "no limit.",
    )
    # The widest change between two weekly models of these data sets that is chance alone: 0.04.
    tolerance: float = Field(
        default=0.05, ge=0, le=1, description="How much more than the champion's error is not called worse."
    )
    min_rows: int = Field(default=200, ge=1, description="As for the holdout itself: the error has its interval.")
    min_positives: int = Field(default=25, ge=1, description="Rows of the rarer outcome.")


def calibrated(section: CalibratedGate, evidence: Opposed[Calibration]) -> GateResult:
    """Pass when the calibration error is within `max_ece` and not worse than the champion's by `tolerance`."""
    return answer(NAME, *_find(section, evidence.champion, evidence.found), section)


def _find(gate: CalibratedGate, champion: ChampionRef | None, found: Calibration | None) -> Finding:
    if found is None:
        return Outcome.INCONCLUSIVE, "calibration was not measured"
    if obstacle := _find_obstacle(gate, found):
        return Outcome.INCONCLUSIVE, obstacle
    return _judge(gate, champion, found)


def _judge(gate: CalibratedGate, champion: ChampionRef | None, found: Calibration) -> Finding:
    mine = found.challenger
    if mine is None or mine.error is None or not is_measured(mine.error):
        return Outcome.INCONCLUSIVE, "the calibration error has no finite figure or bound"
    on_limit = _judge_limit(gate.max_ece, mine, mine.error, found.confidence)
    on_groups = _judge_groups(gate.max_group_error, mine, found.confidence)
    return worst_of([on_limit, *on_groups, _judge_champion(gate.tolerance, champion, found)])


def _find_obstacle(gate: CalibratedGate, found: Calibration) -> str | None:
    if found.problem is not None:
        return f"calibration can't be measured: {found.problem}"
    return find_shortage(gate, found.rows, found.positives or 0, subject=" calibration", rarest=found.rarest)


def _judge_limit(limit: float | None, model: ModelCalibration, error: Bounded, confidence: float) -> Finding:
    found = f"{_describe('calibration error', error, confidence)} (chance alone shows {model.by_chance or 0.0:.3f})"
    if limit is None:
        return Outcome.PASS, f"{found}, no limit is set"
    found = f"{found}, at most {limit:g}"
    if error.estimate <= limit:
        return Outcome.PASS, found
    if lower_bound_among(error, PARTS, confidence=confidence) > limit:
        return Outcome.FAIL, f"shown to be beyond the limit: {found}"
    return Outcome.INCONCLUSIVE, f"beyond the limit, but not for certain: {found}"


def _judge_groups(limit: float | None, model: ModelCalibration, confidence: float) -> list[Finding]:
    """Fail groups that are shown to be off by more than the limit; say nothing of those that are not."""
    found = [(each, each.difference) for each in model.in_the_large if each.group != OVERALL]
    judged = [(each, off) for each, off in found if off is not None and is_measured(off)]
    if limit is None or not judged:
        return []
    factor = bonferroni_factor(2 * PARTS * len(judged), confidence=confidence)
    beyond = [each for each, off in judged if _find_least(off, factor) > limit]
    beyond.sort(key=lambda each: -abs((each.predicted or 0.0) - (each.observed or 0.0)))
    if not beyond:
        return [(Outcome.PASS, f"of {len(judged)} groups none is shown to be off by more than {limit:g}")]
    said = [f"{each.group}: predicted {each.predicted:.3f}, observed {each.observed:.3f}" for each in beyond]
    among = f" of {len(judged)} groups"
    return [(Outcome.FAIL, f"shown to be off by more than {limit:g}: {list_reasons(said, shown=SHOWN, among=among)}")]


def _find_least(off: Bounded, factor: float) -> float:
    """Return how far a group is off at least, in either direction; below 0 where it may be right."""
    lower, upper = off.lower or 0.0, off.upper or 0.0
    return max(off.estimate - (off.estimate - lower) * factor, -(off.estimate + (upper - off.estimate) * factor))


def _judge_champion(tolerance: float, champion: ChampionRef | None, found: Calibration) -> Finding:
    if champion is None:
        return Outcome.PASS, "no champion to compare with, or one that is shown to have lost"
    if problem := find_champion_problem(champion):
        return Outcome.INCONCLUSIVE, problem
    if found.change is None:
        return Outcome.INCONCLUSIVE, NO_CHANGE
    return _judge_change(tolerance, found.change, found.confidence)


def _judge_change(tolerance: float, change: Bounded, confidence: float) -> Finding:
    if change.upper is None or not is_measured(change):
        return Outcome.INCONCLUSIVE, NO_CHANGE
    found = f"{_describe('change against the champion', change, confidence, '+')}, at most {tolerance:g}"
    if change.upper <= tolerance:
        return Outcome.PASS, found
    if lower_bound_among(change, PARTS, confidence=confidence) > tolerance:
        return Outcome.FAIL, f"shown to be worse calibrated: {found}"
    return Outcome.INCONCLUSIVE, f"not shown to be as well calibrated: {found}"


def _describe(name: str, figure: Bounded, confidence: float, sign: str = "") -> str:
    bounds = f"[{figure.lower:{sign}.3f}, {figure.upper:{sign}.3f}]"
    return f"{name} {figure.estimate:{sign}.3f} {bounds} at {100 * confidence:g} %"


def _pick(asked: Asked, found: Findings) -> Opposed[Calibration] | str:
    if asked.task == "regression":
        return "a regression predicts no probabilities"
    judged = found.evaluation
    # One that knows nothing any more says little but the shares of the classes, and that is well calibrated.
    champion = None if judged.lost_since else judged.champion
    return Opposed(champion=champion, found=judged.calibration)


GATE = Gate(
    name=NAME,
    section=CalibratedGate,
    evidence=Opposed,
    pick=_pick,
    judge=calibrated,
    after_change=AfterChange.FAILURES,
)
