"""The groups that are furthest beyond a limit, or nearest to it, in one picture; and what a given factor turns round.

Every criterion is on one scale, in multiples of its limit, with the bounds that the gate judges by.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.config.model import ModelConfig
from ratchet.gates.group_claims import (
    CRITERIA,
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
from ratchet.records.fairness import Fairness
from ratchet.reports.scale import Scale
from ratchet.reports.wording import figure, interval, signed

SHOWN = 6
REACH = 3.0  # limits that the scale has on each side at least


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstMark:
    """One group under one criterion.

    Attributes:
        label: column and group.
        criterion: its name in the YAML.
        measure: what it is about.
        rows: rows of the group.
        difference: from everybody else, or its growth since the champion.
        is_shown: whether it is shown to be beyond the limit.
        tone: "worse" where that is shown, "past" where both bounds are within the limit, "short" between.
        at: position of the difference in percent.
        left: position of its lower bound.
        right: position of its upper bound.
    """

    label: str
    criterion: str
    measure: str
    rows: int
    difference: float
    is_shown: bool
    tone: str
    at: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstPlot:
    """The worst groups.

    Attributes:
        marks: one a group, of the criterion that it is furthest beyond or nearest to.
        limits_at: positions of minus and plus the limit.
        others: how many further ones are shown to be beyond their limit.
    """

    marks: tuple[WorstMark, ...]
    limits_at: tuple[float, float]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """A group that is shown to be beyond a limit: which one, in what measure, and by how much."""

    label: str
    measure: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A group whose difference has another sign within levels of the given factors than without them.

    Attributes:
        label: column and group.
        measure: what it is about.
        crude: the difference to everybody else.
        within: to those of the same level.
        is_shown: whether the bound of the latter, for this group alone, says so as well.
    """

    label: str
    measure: str
    crude: float
    within: float
    is_shown: bool


def place_worst(fairness: Fairness | None, config: ModelConfig) -> WorstPlot | None:
    """Lay out what is furthest beyond its limit; None when nothing is judged."""
    ranked = _rank(fairness, config)
    if not ranked:
        return None
    ends = [_span(each) for each in ranked[:SHOWN]]
    reach = max(REACH, *(abs(end) for span in ends for end in span))
    scale = Scale(low=-reach, high=reach)
    return WorstPlot(
        marks=tuple(_mark(each, span, scale) for each, span in zip(ranked, ends, strict=False)),
        limits_at=(scale.locate(-1.0), scale.locate(1.0)),
        others=sum(each.is_shown for each in ranked[SHOWN:]),
    )


def find_harmed(fairness: Fairness | None, config: ModelConfig) -> tuple[Harm, ...]:
    """Find each group that the gate shows to be beyond a limit, in the order in which it names them."""
    return tuple(
        Harm(
            label=f"{each.claim.attribute.name}: {each.claim.group.name}",
            measure=each.claim.figure.measure.replace("_", " "),
            text=_describe(each.claim, fairness.unit if fairness else 1.0),
        )
        for each in _rank(fairness, config)
        if each.is_shown
    )


def _describe(claim: Claim, unit: float) -> str:
    found = claim.figure
    if claim.criterion == NOT_WORSE:
        grown = signed(found.further)
        return f"{grown} further from everybody else than with the champion, accepted {figure(claim.at_most * unit)}"
    if claim.criterion == FOUR_FIFTHS:
        return f"{figure(found.ratio)} of everybody else's, accepted {figure(math.exp(-claim.at_most))}"
    accepted = figure(claim.at_most * unit)
    return f"{signed(found.difference)} {interval(found.lower, found.upper)} from everybody else, accepted {accepted}"


def _rank(fairness: Fairness | None, config: ModelConfig) -> list[Judged]:
    """Rank groups, each by what it is furthest beyond, or nearest to."""
    if fairness is None or fairness.problem:
        return []
    opposed = any(
        found.further is not None
        for attribute in fairness.attributes
        for group in attribute.groups
        for found in group.figures
    )
    claims = list_claims(config.gates.of(FairGate), config.task, fairness, asks_champion=opposed)
    ranked = rank_shown(judge_claims(claims, fairness))
    first = dict[str, Judged]()
    for each in ranked:
        first.setdefault(each.claim.name, each)
    return [*first.values()]


def _span(judged: Judged) -> tuple[float, float, float]:
    """Return lower bound, difference and upper bound in multiples of the limit."""
    claim = judged.claim
    sign = -1.0 if claim.criterion != NOT_WORSE and (claim.figure.difference or 0.0) < 0 else 1.0
    limit, middle = claim.at_most or claim.must_show, sign * (claim.excess or 0.0)
    far = judged.reach * (claim.error or 0.0)
    return (middle - far) / limit, middle / limit, (middle + far) / limit


def _mark(judged: Judged, span: tuple[float, float, float], scale: Scale) -> WorstMark:
    claim = judged.claim
    left, at, right = map(scale.locate, span)
    found = claim.figure.further if claim.criterion == NOT_WORSE else claim.figure.difference
    return WorstMark(
        label=claim.name,
        criterion=claim.criterion,
        measure=claim.figure.measure,
        rows=claim.group.rows,
        difference=found or 0.0,
        is_shown=judged.is_shown,
        tone="worse" if judged.is_shown else "past" if max(map(abs, span)) <= 1 else "short",
        at=at,
        left=left,
        right=right,
    )


def find_turns(fairness: Fairness | None, config: ModelConfig) -> tuple[Turn, ...]:
    """Find Simpson's reversals: differences that turn round within the levels of what is given, if they are asked."""
    limits = list_limits(config.gates.of(FairGate), config.task)
    asked = {measure for name in limits for measure in CRITERIA[config.task][name]}
    return tuple(turn for turn in _list_turns(fairness) if turn.measure in asked) if fairness else ()


def _list_turns(fairness: Fairness) -> Iterator[Turn]:
    for attribute in fairness.attributes:
        for group in attribute.groups:
            for found in group.figures:
                within, crude = found.difference, found.crude
                if within is None or crude is None or within * crude >= 0:
                    continue
                nearest = found.lower if within > 0 else found.upper
                yield Turn(
                    label=f"{attribute.name}: {group.name}",
                    measure=found.measure,
                    crude=crude,
                    within=within,
                    is_shown=nearest is not None and nearest * within > 0,
                )
