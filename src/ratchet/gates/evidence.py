"""What every gate is made of: which figures it believes, when a part counts as worse, and how an answer is given.

A gate makes findings, an outcome with its reason for each part that it looks at; the worst of them is its answer.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Protocol, TypeGuard

from ratchet.gates.gate import GateSection
from ratchet.metrics.registry import find_metric
from ratchet.records.calibration import Bounded
from ratchet.records.judgement import ChampionRef, Decision, Gain, GateResult, Outcome

Finding = tuple[Outcome, str]
STOPPING = (Outcome.FAIL, Outcome.INCONCLUSIVE)  # the worst first
CONSEQUENCES = {"hold": Decision.HOLD, "reject": Decision.REJECT, "ignore": Decision.PROMOTE}
REMEDY = "; deliver more of it, or name it in `evaluation.rare_classes` so that no gain waits for it"


def is_finite(*figures: float | None) -> bool:
    """Tell whether every figure is there and is a finite number."""
    return all(map(is_number, figures))


def is_number(figure: float | None) -> TypeGuard[float]:
    """Tell whether a figure is there and is a finite number."""
    return figure is not None and math.isfinite(figure)


def is_above(figure: float | None, limit: float) -> bool:
    """Tell whether a figure is a finite number above the limit: no measurement, no pass."""
    return is_number(figure) and figure > limit


class Needs(Protocol):
    """How many rows a gate needs to judge."""

    @property
    def min_rows(self) -> int:
        """Fewest rows."""

    @property
    def min_positives(self) -> int:
        """Fewest rows of the rarest class."""


def find_shortage(
    needs: Needs, rows: int, positives: int | None, *, subject: str = "", rarest: str | None = None
) -> str | None:
    """Return which rows are too few to judge, one sentence; None when there are enough. No classes: no positives."""
    if rows < needs.min_rows:
        return f"{rows:,} rows are too few to judge{subject}, needs {needs.min_rows:,}"
    if positives is not None and positives < needs.min_positives:
        name, remedy = ("", "") if rarest is None else (f" '{rarest}'", REMEDY)
        return (
            f"{positives:,} rows of the rarest class{name} are too few to judge, needs {needs.min_positives:,}{remedy}"
        )
    return None


def find_obstacle(gain: Gain, needs: Needs) -> str | None:
    """Return why a gain can't be judged, one sentence; None when it can."""
    if shortage := find_shortage(needs, gain.rows, gain.positives, rarest=gain.rarest):
        return shortage
    if gain.problem is not None:
        return f"{gain.metric} gain can't be measured: {gain.problem}"
    if not is_finite(gain.estimate, gain.lower, gain.upper):
        return f"{gain.metric} gain can't be measured: its estimate or a bound is not a finite number"
    return None


def find_gap(gain: Gain, needs: Needs, *, without_figure: str) -> str | None:
    """Return why a gain can't be held to a share of its opponent's figure; `without_figure` says it has none."""
    obstacle = find_obstacle(gain, needs)
    if obstacle is None and not is_finite(gain.opponent_value):
        return without_figure
    return obstacle


def describe_gain(gain: Gain, limit: float) -> str:
    """Put a measured gain into words: estimate, bounds, the limit, and what so many rows could show at all."""
    figures = [gain.estimate or 0.0, *find_metric(gain.metric).clip_gain(gain.lower or 0.0, gain.upper or 0.0)]
    decimals = count_decimals(max(map(abs, figures)))
    estimate, lower, upper = (f"{figure:+.{decimals}f}" for figure in figures)
    found = f"{gain.metric} gain {estimate} [{lower}, {upper}] at {100 * gain.confidence:g} %, needs > {limit:.4g}"
    if not is_finite(gain.detectable):
        return found
    detectable = gain.detectable or 0.0
    return f"{found}; smallest gain these {gain.rows:,} rows would show: {detectable:.{count_decimals(detectable)}f}"


def count_decimals(largest: float) -> int:
    """Return how many decimals show three digits of the largest figure: 4 for 0.0205, 1 for 12.3."""
    if not largest > 0:
        return 4
    return min(max(2 - math.floor(math.log10(largest)), 0), 8)


def answer(gate: str, outcome: Outcome, reason: str, section: GateSection) -> GateResult:
    """Make a gate's result: a failure and a "can't say" do what the YAML asks for, the rest stands in no way."""
    consequence = Decision.PROMOTE
    if outcome is Outcome.FAIL:
        consequence = CONSEQUENCES[section.on_fail]
    if outcome is Outcome.INCONCLUSIVE:
        consequence = CONSEQUENCES[section.on_inconclusive]
    return GateResult(gate=gate, outcome=outcome, reason=reason, consequence=consequence)


def find_worst(findings: Iterable[Finding], *, shown: int | None = None, among: str = "") -> Finding | None:
    """Return the worst outcome that stands in the way, with the reasons for it; None when nothing does.

    The first `shown` reasons are given, all of them by default; `among` follows the number of the others.
    """
    reasons: dict[Outcome, list[str]] = {}
    for outcome, reason in findings:
        reasons.setdefault(outcome, []).append(reason)
    worst = next((outcome for outcome in STOPPING if outcome in reasons), None)
    return None if worst is None else (worst, list_reasons(reasons[worst], shown=shown, among=among))


def worst_of(findings: Sequence[Finding]) -> Finding:
    """Return what several parts come to: the worst outcome with the reasons for it, or a pass with all reasons."""
    return find_worst(findings) or (Outcome.PASS, list_reasons([reason for _, reason in findings]))


def list_reasons(reasons: Sequence[str], *, shown: int | None = None, among: str = "") -> str:
    """Put the first reasons side by side, and count the others."""
    given = reasons[:shown]
    left = len(reasons) - len(given)
    return "; ".join(given) + (f"; and {left} more{among}" if left else "")


def find_champion_problem(champion: ChampionRef | None) -> str | None:
    """Return why the champion can't be compared with, one sentence; None when it can, or when there is none."""
    if champion is None or champion.problem is None:
        return None
    return f"the champion can't score these rows: {champion.problem}"


def find_champion_obstacle(champion: ChampionRef | None, *, absent: str) -> Finding | None:
    """Return what a gate says that has no champion to compare with, or one that can't score; None when it can."""
    if champion is None:
        return Outcome.NOT_APPLICABLE, absent
    problem = find_champion_problem(champion)
    return None if problem is None else (Outcome.INCONCLUSIVE, problem)


def allowed_loss(gain: Gain, tolerance: float) -> float:
    """Return the loss that is not called worse: a share of the champion's figure."""
    return tolerance * abs(gain.opponent_value or 0.0)


def is_shown_worse(gain: Gain, limit: float, *, looks: int) -> bool:
    """Tell whether a gain is below zero for certain, and beyond the limit as far as one can tell.

    The more parts are looked at, the likelier one looks worse by chance: the upper bound is moved out to the
    confidence shared among them, so that all wrong alarms together stay within 1 - confidence.
    """
    if gain.estimate is None or gain.upper is None:
        return False
    factor = bonferroni_factor(looks, confidence=gain.confidence)
    return gain.estimate + (gain.upper - gain.estimate) * factor < 0 and gain.estimate < limit


def judge_not_worse(gain: Gain, limit: float, found: str, *, looks: int) -> Finding:
    """Pass a gain that is shown to be not worse, fail one that is shown to be worse; `found` is the gain in words."""
    if is_above(gain.lower, limit):
        return Outcome.PASS, found
    if is_shown_worse(gain, limit, looks=looks):
        return Outcome.FAIL, f"shown to be worse: {found}"
    return Outcome.INCONCLUSIVE, f"not shown to be not worse: {found}"


def bonferroni_factor(looks: int, *, confidence: float) -> float:
    """Return how many times as far out a one-sided bound lies that holds for several looks at once (Bonferroni)."""
    normal = NormalDist()
    return normal.inv_cdf(1 - (1 - confidence) / looks) / normal.inv_cdf(confidence)


def is_measured(figure: Bounded) -> bool:
    """Tell whether a figure and both of its bounds are finite numbers."""
    return is_finite(figure.estimate, figure.lower, figure.upper)


def lower_bound_among(figure: Bounded, parts: int, *, confidence: float) -> float:
    """Move a lower bound out, so that all wrong failures of several parts stay within 1 - confidence (Bonferroni)."""
    if figure.lower is None:
        return float("-inf")
    return figure.estimate - (figure.estimate - figure.lower) * bonferroni_factor(parts, confidence=confidence)
