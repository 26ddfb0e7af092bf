"""What is asked about groups of persons, and the claims that follow: one for each group, measure and criterion.

Claims are judged in families, one for each criterion and sensitive column, and one for each criterion over all pairs of
columns. A further column or a pair so never silences what another one shows. Within a family the bounds hold for all
claims at once, stepping down: the one furthest beyond its limit is held to the bound for all, and once it is shown the
next is held to the bound for those that are left (Westfall and Young 1993; Romano and Wolf 2005). How far out such a
bound lies is read off the draws in `ratchet.evaluation.group_families`; without them it is Bonferroni's (Holm 1979).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import NormalDist
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.gates.evidence import is_finite
from ratchet.gates.gate import GateSection
from ratchet.metrics.metric import Task
from ratchet.records.fairness import Attribute, Fairness, Group, GroupFigure
from ratchet.sections import Section

SmallGroups = Literal["inconclusive", "ignore", "pool"]
NOT_WORSE, FOUR_FIFTHS = "not_worse", "four_fifths"  # the criteria that are no plain difference
POWER = 0.8  # "four runs of five"
PAIRS = "pairs"  # what the family of all pairs of columns is called
# criterion in the YAML: the measures it looks at, by task
CRITERIA: dict[str, dict[str, tuple[str, ...]]] = {
    "binary": {
        "equalised_odds": ("true_positive_rate", "false_positive_rate"),
        "equal_opportunity": ("true_positive_rate",),
        "demographic_parity": ("selection_rate",),
        "four_fifths": ("selection_rate",),
        "calibration": ("calibration",),
        "error_parity": ("accuracy",),
    },
    "multiclass": {"class_error_parity": ("accuracy",)},
    "regression": {"regression_bias": ("mean_error",), "regression_error": ("mean_absolute_error",)},
}


class Limit(Section):
    """How far a group may differ from everybody else."""

    at_most: float = Field(ge=0, description="The largest difference that is accepted.")
    must_show: float = Field(
        ge=0, description="A group is too small to judge unless a difference of this size would show in 4 runs of 5."
    )

    @model_validator(mode="after")
    def _shows_more_than_is_accepted(self) -> Self:
        if self.must_show <= self.at_most:
            raise ValueError("`must_show` must be above `at_most`: no holdout shows a difference that small for sure")
        return self


class Difference(Limit):
    """A limit on a difference of two rates."""

    # plus or minus 0.1 is what AI Fairness 360 (Bellamy et al. 2018) calls fair for differences of rates
    at_most: float = Field(default=0.1, ge=0, le=1, description="The largest difference that is accepted.")
    # what four groups of a holdout of two thousand rows show, all criteria at once
    must_show: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="A group is too small to judge unless a difference of this size would show in 4 runs of 5.",
    )


class ErrorDifference(Limit):
    """A limit on a difference of two errors, as a share of the mean absolute error on all rows."""

    at_most: float = Field(default=0.5, ge=0, description="The largest difference that is accepted.")
    must_show: float = Field(
        default=1.0,
        ge=0,
        description="A group is too small to judge unless a difference of this size would show in 4 runs of 5.",
    )


class Ratio(Section):
    """A limit on the ratio of two rates."""

    # 29 CFR 1607.4 D (1978), the Uniform Guidelines on Employee Selection Procedures
    at_least: float = Field(default=0.8, gt=0, lt=1, description="The smallest ratio that is accepted: four fifths.")
    must_show: float = Field(
        default=0.5, gt=0, lt=1, description="A group is too small to judge unless such a ratio would show."
    )

    @model_validator(mode="after")
    def _shows_less_than_is_accepted(self) -> Self:
        if self.must_show >= self.at_least:
            raise ValueError("`must_show` must be below `at_least`: no holdout shows a ratio that close for sure")
        return self


class FairGate(GateSection):
    """No group may be shown to be treated worse than the limits allow; a criterion set to null is not asked.

    Demographic parity and the four-fifths rule are off by default: they ask for equal rates where the truth differs.
    """

    equalised_odds: Difference | None = Field(
        default=Difference(), description="True and false positive rates are alike (Hardt, Price and Srebro 2016)."
    )
    equal_opportunity: Difference | None = Field(
        default=None, description="True positive rates are alike; equalised odds ask for it as well."
    )
    demographic_parity: Difference | None = Field(default=None, description="Selection rates are alike.")
    four_fifths: Ratio | None = Field(default=None, description="Selection rates differ by no more than a fifth.")
    calibration: Difference | None = Field(
        default=Difference(), description="Predicted minus observed rates are alike (Kleinberg et al. 2017)."
    )
    error_parity: Difference | None = Field(
        default=None, description="Shares of right decisions are alike; for binary tasks."
    )
    # a different share of right decisions is all there is to compare in a multiclass task, hence wider than a rate
    class_error_parity: Difference | None = Field(
        default=Difference(at_most=0.2, must_show=0.4), description="The same for multiclass tasks."
    )
    regression_bias: ErrorDifference | None = Field(
        default=ErrorDifference(), description="Mean errors are alike; in shares of the mean absolute error."
    )
    regression_error: ErrorDifference | None = Field(
        default=None, description="Mean absolute errors are alike; in shares of the mean absolute error of all rows."
    )
    not_worse: Difference | None = Field(
        default=Difference(at_most=0.05, must_show=0.5),
        description="No group is further from everybody else than with the champion, in what the criteria above look "
        "at (in a regression, as a share of the mean absolute error).",
    )
    min_rows: int = Field(default=100, ge=2, description="Rows below which a group is too small to judge.")
    min_positives: int = Field(
        default=25, ge=1, description="Rows that a rate is a share of (positives, negatives), below which it is not."
    )
    small_groups: SmallGroups = Field(
        default="inconclusive",
        description="Groups of one column that are too small: inconclusive, ignore, or pool them into one.",
    )
    small_intersections: Literal["inconclusive", "ignore"] = Field(
        default="ignore",
        description="The same for groups of two columns: nearly every table has some that are next to empty.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One group in one measure under one criterion, on a scale where more is worse.

    Attributes:
        criterion: its name in the YAML.
        attribute: the sensitive column or pair.
        group: the group.
        figure: what was measured.
        excess: how far from everybody else: a difference, a logarithm of a ratio, or a growth of the difference.
        error: its standard error.
        at_most: the limit on the same scale.
        must_show: what has to show on the same scale.
        is_small: whether the group has too few rows for this measure.
    """

    criterion: str
    attribute: Attribute
    group: Group
    figure: GroupFigure
    excess: float | None
    error: float | None
    at_most: float
    must_show: float
    is_small: bool

    @property
    def is_judged(self) -> bool:
        """Whether there are rows and figures to judge it by."""
        return not self.is_small and is_finite(self.excess, self.error)

    @property
    def name(self) -> str:
        """The column or pair, and the group."""
        return f"{self.attribute.name} {self.group.name}"

    @property
    def family(self) -> tuple[str, str]:
        """What it is judged together with: those of its criterion and column, or of all pairs."""
        return self.criterion, self.attribute.name if len(self.attribute.columns) == 1 else PAIRS

    @property
    def distance(self) -> float:
        """How many standard errors it lies beyond its limit."""
        beyond = (self.excess or 0.0) - self.at_most
        return beyond / self.error if self.error else math.copysign(math.inf, beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim that has the rows to be judged.

    Attributes:
        claim: the claim.
        reach: how many standard errors out its bound lies.
        is_shown: whether it is shown to be beyond its limit.
    """

    claim: Claim
    reach: float
    is_shown: bool

    @property
    def beyond(self) -> float:
        """By how much it is shown to be beyond its limit; below zero where it is not."""
        return (self.claim.excess or 0.0) - self.reach * (self.claim.error or 0.0) - self.claim.at_most

    @property
    def would_show(self) -> float:
        """The smallest true excess that would be shown in four runs of five."""
        return self.claim.at_most + (self.reach + NormalDist().inv_cdf(POWER)) * (self.claim.error or 0.0)


Rules = dict[str, dict[str, Limit | Ratio]]  # by measure and criterion


def list_claims(gate: FairGate, task: Task, measured: Fairness, *, asks_champion: bool) -> list[Claim]:
    """List each group in each measure of each criterion, and each measure once more beside the champion's."""
    rules = _list_rules(gate, task, asks_champion=asks_champion)
    return [
        _claim(gate, name, limit, (attribute, group, figure), measured.unit)
        for attribute in measured.attributes
        for group in attribute.groups
        for figure in group.figures
        for name, limit in rules.get(figure.measure, {}).items()
    ]


def list_limits(gate: FairGate, task: Task) -> dict[str, Limit | Ratio]:
    """Return the limits that a task's groups are held to, by criterion."""
    limits = {name: getattr(gate, name) for name in CRITERIA[task]}
    return {name: limit for name, limit in limits.items() if limit is not None}


def split_families(claims: Sequence[Claim]) -> dict[tuple[str, str], list[Claim]]:
    """Put claims that are judged together side by side, the furthest beyond its limit first."""
    families: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in filter(lambda each: each.is_judged, claims):
        families[claim.family].append(claim)
    return {family: sorted(each, key=lambda claim: -claim.distance) for family, each in families.items()}


def judge_claims(claims: Sequence[Claim], measured: Fairness) -> list[Judged]:
    """Say of each claim that has the rows whether it is shown to be beyond its limit, family by family."""
    recorded = {(each.criterion, each.attribute): each for each in measured.families}
    judged: list[Judged] = []
    for name, family in split_families(claims).items():
        found = recorded.get(name)
        steps = found.steps if found and found.claims == len(family) else _list_holm_steps(measured, len(family))
        judged += step_down(family, steps)
    return judged


def step_down(family: Sequence[Claim], steps: Iterable[float]) -> Iterator[Judged]:
    """Hold the furthest claim to the first bound; the next bound is for those left once one is shown."""
    bounds = iter(steps)
    reach, is_shown = next(bounds), True
    for claim in family:
        is_shown = is_shown and claim.distance > reach
        yield Judged(claim=claim, reach=reach, is_shown=is_shown)
        if is_shown:
            reach = next(bounds, reach)


def rank_shown(judged: Iterable[Judged]) -> list[Judged]:
    """Put what is shown before what is not, columns before pairs, the furthest beyond its limit before the others.

    Of two halves, which differ alike, the smaller comes first.
    """

    def order(each: Judged) -> tuple[bool, bool, float, int]:
        is_pair = len(each.claim.attribute.columns) > 1
        return not each.is_shown, is_pair, -round(each.beyond, 6), each.claim.group.rows

    return sorted(judged, key=order)


def _list_holm_steps(measured: Fairness, claims: int) -> tuple[float, ...]:
    """Return how far out bounds lie that hold for so many claims, one less, ... at once in both directions."""
    alpha = 1 - (measured.confidence or 0.99)
    return tuple(NormalDist().inv_cdf(1 - alpha / (2 * left)) for left in range(claims, 0, -1))


def _list_rules(gate: FairGate, task: Task, *, asks_champion: bool) -> Rules:
    """Return the limits on each measure, by criterion; each measure is held against the champion's as well."""
    limits, criteria, further = list_limits(gate, task), CRITERIA[task], gate.not_worse
    rules: Rules = defaultdict(dict)
    for name, limit in limits.items():
        for measure in criteria[name]:
            rules[measure][name] = limit
    if asks_champion and further:
        for measure in [*rules] or chain.from_iterable(criteria.values()):
            rules[measure][NOT_WORSE] = further
    return rules


def _claim(
    gate: FairGate, name: str, limit: Limit | Ratio, subject: tuple[Attribute, Group, GroupFigure], unit: float
) -> Claim:
    attribute, group, figure = subject
    at_most, must_show = _on_scale(limit)
    excess, error = _measure(name, figure)
    scale = 1.0 if isinstance(limit, Ratio) else unit
    return Claim(
        criterion=name,
        attribute=attribute,
        group=group,
        figure=figure,
        excess=None if excess is None else excess / scale,
        error=None if error is None else error / scale,
        at_most=at_most,
        must_show=must_show,
        is_small=group.rows < gate.min_rows or min(figure.count, figure.others) < gate.min_positives,
    )


def _on_scale(limit: Limit | Ratio) -> tuple[float, float]:
    """Return what is accepted and what has to show, on the scale where more is worse."""
    if isinstance(limit, Ratio):
        return -math.log(limit.at_least), -math.log(limit.must_show)
    return limit.at_most, limit.must_show


def _measure(criterion: str, figure: GroupFigure) -> tuple[float | None, float | None]:
    """Return how far a group is from everybody else, and the standard error of that."""
    if criterion == NOT_WORSE:
        return figure.further, figure.further_error
    if criterion == FOUR_FIFTHS:
        ratio = figure.steady_ratio
        return (abs(math.log(ratio)) if ratio and ratio > 0 else None), figure.steady_error
    return (None if figure.difference is None else abs(figure.difference)), figure.error
