"""No group may be treated worse than the limits allow, nor further from everybody else than with the champion.

Each group is judged beside everybody else: the largest of many differences between pairs of groups is large by luck.
Failing is the claim that some group is beyond its limit; `ratchet.gates.group_claims` says how sure it must be. It is a
failure whatever else is too small to judge, and the groups come first in the reason. Passing is "none is shown to be
beyond", and only where a difference of `must_show` would have shown in four runs of five: a group for which it would
not is too small to judge, whatever its figures look like.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.errors import list_names
from ratchet.gates.evidence import Finding, answer, find_champion_problem
from ratchet.gates.gate import Asked, Findings, Gate
from ratchet.gates.group_claims import (
    FOUR_FIFTHS,
    NOT_WORSE,
    Claim,
    FairGate,
    Judged,
    judge_claims,
    list_claims,
    list_limits,
    rank_shown,
)
from ratchet.metrics.metric import Task
from ratchet.records.fairness import Attribute, Fairness
from ratchet.records.judgement import ChampionRef, GateResult, Outcome

NAME = "fair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Figures by sensitive group.

    Attributes:
        task: the model's.
        sensitive: the columns without which nothing passes.
        champion: None when there is none yet.
        fairness: the figures; None when they were not measured.
    """

    task: Task
    sensitive: tuple[str, ...]
    champion: ChampionRef | None
    fairness: Fairness | None


def fair(section: FairGate, evidence: Groups) -> GateResult:
    """Fail when a group is shown to be beyond a limit; too few rows are no pass."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: FairGate, evidence: Groups) -> Finding:
    asks_champion = evidence.champion is not None and gate.not_worse is not None
    if not list_limits(gate, evidence.task) and not asks_champion:
        return Outcome.NOT_APPLICABLE, f"the YAML asks for no criterion of a {evidence.task} task"
    measured = evidence.fairness or Fairness(problem="not measured")
    if measured.problem:
        return Outcome.INCONCLUSIVE, f"groups can't be compared: {measured.problem}"
    claims = list_claims(gate, evidence.task, measured, asks_champion=asks_champion)
    judged = judge_claims(claims, measured)
    gaps = [
        *_list_missing(evidence, measured, asks_champion=asks_champion),
        *_list_small(gate, measured, claims, judged),
    ]
    folded = [f"{each.name} has the groups of {each.same_as}" for each in measured.attributes if each.same_as]
    if shown := [each for each in judged if each.is_shown]:
        return Outcome.FAIL, "; ".join((_describe_broken(shown, measured), *gaps, *folded))
    if gaps:
        return Outcome.INCONCLUSIVE, "; ".join((*gaps, *folded))
    return Outcome.PASS, "; ".join((_describe_pass(judged, measured), *folded))


def _describe_broken(shown: Sequence[Judged], measured: Fairness) -> str:
    """Name the group that is shown to be furthest beyond its limit, then the others; pairs come after columns."""
    ordered = rank_shown(shown)
    worst = ordered[0].claim
    found = f"{worst.name} is shown to be beyond its limit: {_describe(worst, measured)}"
    also = [name for name in dict.fromkeys(each.claim.name for each in ordered) if name != worst.name]
    return f"{found}; so are {list_names(also)}" if also else found


def _list_missing(evidence: Groups, measured: Fairness, *, asks_champion: bool) -> list[str]:
    """Return what was not measured at all, without which nothing passes."""
    found = {attribute.name: attribute.problem for attribute in measured.attributes}
    problems = [(name, found.get(name, "was not measured")) for name in evidence.sensitive]
    champion = find_champion_problem(evidence.champion) if asks_champion else None
    return [*(f"{name}: {problem}" for name, problem in problems if problem), *([champion] if champion else [])]


def _list_small(gate: FairGate, measured: Fairness, claims: list[Claim], judged: list[Judged]) -> list[str]:
    """Return which groups are too small for "none is shown to be beyond" to be a pass."""
    if small := _name_small(gate, measured, claims, judged):
        names = list_names(f"{name} ({reason})" for name, reason in small.items())
        return [f"too small to judge: {names} (`gates.fair.small_groups`: pool or ignore them)"]
    return [] if any(map(_is_large_enough, judged)) else ["every group is too small to judge"]


def _name_small(gate: FairGate, measured: Fairness, claims: list[Claim], judged: list[Judged]) -> dict[str, str]:
    """Name the groups that are too small and may not be passed over, with the reason of each."""
    small = dict[str, str]()
    counted = {attribute.name for attribute in measured.attributes if not _is_passed_over(gate, attribute)}
    for attribute in measured.attributes:
        if attribute.name in counted:
            small |= _name_few(gate, attribute)
    unsure = [
        *((claim, _describe_size(gate, claim)) for claim in claims if not claim.is_judged),
        *((each.claim, _describe_width(each)) for each in judged if not _is_large_enough(each) and not each.is_shown),
    ]
    for claim, reason in unsure:
        if claim.attribute.name in counted:
            small.setdefault(claim.name, reason)
    return small


def _name_few(gate: FairGate, attribute: Attribute) -> dict[str, str]:
    """Return the groups of a column or pair that have too few rows for any measure, by name."""
    few = [group for group in attribute.groups if group.rows < gate.min_rows]
    small = {f"{attribute.name} {group.name}": f"{group.rows:,} rows, needs {gate.min_rows:,}" for group in few}
    if attribute.left_out:
        small[attribute.name] = f"{attribute.left_out:,} groups below {gate.min_rows:,} rows"
    return small


def _is_passed_over(gate: FairGate, attribute: Attribute) -> bool:
    is_single = len(attribute.columns) == 1
    return (gate.small_groups if is_single else gate.small_intersections) == "ignore"


def _describe_size(gate: FairGate, claim: Claim) -> str:
    fewer = min(claim.figure.count, claim.figure.others)
    if fewer < gate.min_positives:
        return f"{claim.figure.measure} rests on {fewer:,} rows, needs {gate.min_positives:,}"
    return f"{claim.figure.measure} can't be compared on {claim.group.rows:,} rows"


def _describe_width(judged: Judged) -> str:
    claim = judged.claim
    return f"{claim.group.rows:,} rows would not show a {claim.criterion} of {_plain(claim, claim.must_show):.3g}"


def _is_large_enough(judged: Judged) -> bool:
    """Tell whether a group would show what it must show in four runs of five."""
    return judged.would_show <= judged.claim.must_show


def _plain(claim: Claim, value: float) -> float:
    """Turn a value of a claim's scale into what a person reads: logarithms back into ratios."""
    return math.exp(-value) if claim.criterion == FOUR_FIFTHS else value


def _describe(claim: Claim, measured: Fairness) -> str:
    figure, limit = claim.figure, _plain(claim, claim.at_most)
    subject = f"{claim.criterion}: {figure.measure} is"
    if claim.criterion == NOT_WORSE:
        return f"{subject} {_describe_growth(claim, measured)}"
    value, difference, lower, upper = (
        each or 0.0 for each in (figure.value, figure.difference, figure.lower, figure.upper)
    )
    alike = f" of the same {list_names(measured.given)}" if measured.given else ""
    found = f"{subject} {value:.3f}, {difference:+.3f} beside everybody else{alike}"
    if claim.criterion == FOUR_FIFTHS:
        return f"{found}, a ratio of {_plain(claim, claim.excess or 0.0):.2f}, at least {limit:g}"
    share = " (of the mean absolute error)" if measured.unit != 1.0 else ""
    return f"{found} [{lower:+.3f}, {upper:+.3f}] at {_sure(measured)}, at most {limit:g}{share}"


def _describe_growth(claim: Claim, measured: Fairness) -> str:
    return (
        f"{claim.excess or 0.0:+.3f} further from everybody else than with the champion, "
        f"at most {claim.at_most:g} (all groups at once at {_sure(measured)})"
    )


def _sure(measured: Fairness) -> str:
    return f"{100 * (measured.confidence or 0.0):g} %"


def _describe_pass(judged: list[Judged], measured: Fairness) -> str:
    worst = max((each.claim for each in judged), key=lambda claim: (claim.excess or 0.0) / claim.must_show)
    asked = ", ".join(dict.fromkeys(each.claim.criterion for each in judged))
    found = f"no group is shown to be beyond {asked}; closest: {worst.name}, {_describe(worst, measured)}"
    seen = [each.would_show for each in judged if each.claim.criterion != FOUR_FIFTHS and _is_large_enough(each)]
    return f"{found}; differences above {max(seen):.2f} would have shown" if seen else found


def _pick(asked: Asked, found: Findings) -> Groups | str:
    if not asked.sensitive:
        return "no sensitive columns in the YAML"
    judged = found.evaluation
    return Groups(task=asked.task, sensitive=asked.sensitive, champion=judged.champion, fairness=judged.fairness)


GATE = Gate(name=NAME, section=FairGate, evidence=Groups, pick=_pick, judge=fair)
