"""No group may be treated worse than the limits allow, nor further from everybody else than with the champion.

Each group is judged beside everybody else: the largest of many differences between pairs of groups is large by luck.
Failing is the claim that some group of some criterion is beyond its limit, so its bound holds for all of them at once
(Bonferroni, both directions). Passing is "none is shown to be beyond", and only where a difference of `must_show` would
have shown in four runs of five: a group for which it would not is too small to judge, whatever its figures look like.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import NormalDist
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.errors import list_names
from ratchet.gates.evidence import Finding, answer, find_champion_problem, is_finite
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.metrics.metric import Task
from ratchet.records.fairness import Attribute, Fairness, Group, GroupFigure
from ratchet.records.judgement import ChampionRef, GateResult, Outcome
from ratchet.sections import Section

NAME = "fair"
SmallGroups = Literal["inconclusive", "ignore", "pool"]
NOT_WORSE, FOUR_FIFTHS = "not_worse", "four_fifths"  # the criteria that are no plain difference
POWER = 0.8  # "four runs of five"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One group in one measure."""

    attribute: Attribute
    group: Group
    figure: GroupFigure


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


Rules = dict[str, dict[str, Limit | Ratio]]  # by measure and criterion


def fair(section: FairGate, evidence: Groups) -> GateResult:
    """Fail when a group is shown to be beyond a limit; too few rows are no pass."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: FairGate, evidence: Groups) -> Finding:
    if not _list_limits(gate, evidence.task) and not _asks_champion(gate, evidence):
        return Outcome.NOT_APPLICABLE, f"the YAML asks for no criterion of a {evidence.task} task"
    measured = evidence.fairness or Fairness(problem="not measured")
    if measured.problem:
        return Outcome.INCONCLUSIVE, f"groups can't be compared: {measured.problem}"
    return _judge(gate, evidence, measured)


def _judge(gate: FairGate, evidence: Groups, measured: Fairness) -> Finding:
    rules = _list_rules(gate, evidence.task, asks_champion=_asks_champion(gate, evidence))
    claims = list(_list_claims(gate, measured, rules))
    judged = [claim for claim in claims if _is_measured(claim)]
    far = _quantile(measured, len(judged))
    if broken := _find_broken(judged, measured, far):
        return Outcome.FAIL, broken
    if gap := _find_missing(gate, evidence, measured) or _find_small(gate, measured, claims, far):
        return Outcome.INCONCLUSIVE, gap
    return Outcome.PASS, _describe_pass(judged, measured, far)


def _find_broken(judged: list[Claim], measured: Fairness, far: float) -> str | None:
    """Return what is shown to be furthest beyond its limit, and how many others are."""
    beyond = [claim for claim in judged if _excess_beyond(claim, far) > 0]
    if not beyond:
        return None
    worst = max(beyond, key=lambda claim: _excess_beyond(claim, far))
    more = f"; and {len(beyond) - 1} more findings" if len(beyond) > 1 else ""
    return f"shown to be beyond its limit: {_describe(worst, measured)}{more}"


def _asks_champion(gate: FairGate, evidence: Groups) -> bool:
    return evidence.champion is not None and gate.not_worse is not None


def _find_missing(gate: FairGate, evidence: Groups, measured: Fairness) -> str | None:
    """Return what was not measured at all, without which nothing passes."""
    found = {attribute.name: attribute.problem for attribute in measured.attributes}
    for name in evidence.sensitive:
        if problem := found.get(name, "was not measured"):
            return f"{name}: {problem}"
    return find_champion_problem(evidence.champion) if _asks_champion(gate, evidence) else None


def _find_small(gate: FairGate, measured: Fairness, claims: list[Claim], far: float) -> str | None:
    """Return which groups are too small for "none is shown to be beyond" to be a pass."""
    if small := _list_small(gate, measured, claims, far):
        return f"too small to judge: {list_names(small)} (`gates.fair.small_groups`: pool or ignore them)"
    is_any = any(_is_large_enough(claim, far) for claim in claims)
    return None if is_any else "every group is too small to judge"


def _list_small(gate: FairGate, measured: Fairness, claims: list[Claim], far: float) -> list[str]:
    """List the groups that are too small and may not be passed over, with the reason of each."""
    small = dict[str, str]()
    counted = [attribute for attribute in measured.attributes if not _is_passed_over(gate, attribute)]
    for attribute in counted:
        small |= _name_small(gate, attribute)
    for claim in (each for each in claims if not _is_large_enough(each, far)):
        if claim.attribute in counted:
            small.setdefault(f"{claim.attribute.name} {claim.group.name}", _describe_size(gate, claim))
    return [f"{name} ({reason})" for name, reason in small.items()]


def _name_small(gate: FairGate, attribute: Attribute) -> dict[str, str]:
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
    return f"{claim.group.rows:,} rows would not show a {claim.criterion} of {_plain(claim, claim.must_show):.3g}"


def _is_large_enough(claim: Claim, far: float) -> bool:
    """Tell whether a group has the rows to be judged, and would show what it must show in four runs of five."""
    return _is_measured(claim) and _show(claim, far) <= claim.must_show


def _is_measured(claim: Claim) -> bool:
    return not claim.is_small and is_finite(claim.excess, claim.error)


def _show(claim: Claim, far: float) -> float:
    """Return the smallest true excess that would be shown in four runs of five."""
    return claim.at_most + (far + NormalDist().inv_cdf(POWER)) * (claim.error or 0.0)


def _list_limits(gate: FairGate, task: Task) -> dict[str, Limit | Ratio]:
    limits = {name: getattr(gate, name) for name in CRITERIA[task]}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _list_rules(gate: FairGate, task: Task, *, asks_champion: bool) -> Rules:
    """Return the limits on each measure, by criterion; each measure is held against the champion's as well."""
    limits, criteria, further = _list_limits(gate, task), CRITERIA[task], gate.not_worse
    rules: Rules = defaultdict(dict)
    for name, limit in limits.items():
        for measure in criteria[name]:
            rules[measure][name] = limit
    if asks_champion and further:
        for measure in [*rules] or chain.from_iterable(criteria.values()):
            rules[measure][NOT_WORSE] = further
    return rules


def _list_claims(gate: FairGate, measured: Fairness, rules: Rules) -> Iterator[Claim]:
    """List each group in each measure of each criterion, and each measure once more beside the champion's."""
    for attribute in measured.attributes:
        for group in attribute.groups:
            for figure in group.figures:
                subject = Subject(attribute=attribute, group=group, figure=figure)
                for name, limit in rules.get(figure.measure, {}).items():
                    yield _claim(gate, name, limit, subject, measured.unit)


def _claim(gate: FairGate, name: str, limit: Limit | Ratio, subject: Subject, unit: float) -> Claim:
    group, figure = subject.group, subject.figure
    at_most, must_show = _on_scale(limit)
    excess, error = _measure(name, figure)
    scale = 1.0 if isinstance(limit, Ratio) else unit
    return Claim(
        criterion=name,
        attribute=subject.attribute,
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


def _quantile(measured: Fairness, claims: int) -> float:
    """Return how many standard errors out a bound lies that holds for all claims at once, in both directions."""
    return NormalDist().inv_cdf(1 - (1 - (measured.confidence or 0.99)) / (2 * max(claims, 1)))


def _excess_beyond(claim: Claim, far: float) -> float:
    """Return by how much a group is shown to be beyond its limit; not at all where it is below zero."""
    return (claim.excess or 0.0) - far * (claim.error or 0.0) - claim.at_most


def _plain(claim: Claim, value: float) -> float:
    """Turn a value of a claim's scale into what a person reads: logarithms back into ratios."""
    return math.exp(-value) if claim.criterion == FOUR_FIFTHS else value


def _describe(claim: Claim, measured: Fairness) -> str:
    figure, limit = claim.figure, _plain(claim, claim.at_most)
    subject = f"{claim.criterion}: {figure.measure} of {claim.attribute.name} {claim.group.name} is"
    if claim.criterion == NOT_WORSE:
        return f"{subject} {_describe_growth(claim, measured)}"
    value, difference, lower, upper = (
        each or 0.0 for each in (figure.value, figure.difference, figure.lower, figure.upper)
    )
    found = f"{subject} {value:.3f}, {difference:+.3f} beside everybody else"
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


def _describe_pass(judged: list[Claim], measured: Fairness, far: float) -> str:
    worst = max(judged, key=lambda claim: (claim.excess or 0.0) / claim.must_show)
    asked = ", ".join(dict.fromkeys(claim.criterion for claim in judged))
    found = f"no group is shown to be beyond {asked}; closest: {_describe(worst, measured)}"
    seen = [_show(claim, far) for claim in judged if _shows_difference(claim, far)]
    return f"{found}; differences above {max(seen):.2f} would have shown" if seen else found


def _shows_difference(claim: Claim, far: float) -> bool:
    return claim.criterion != FOUR_FIFTHS and _is_large_enough(claim, far)


def _pick(asked: Asked, found: Findings) -> Groups | str:
    if not asked.sensitive:
        return "no sensitive columns in the YAML"
    judged = found.evaluation
    return Groups(task=asked.task, sensitive=asked.sensitive, champion=judged.champion, fairness=judged.fairness)


GATE = Gate(name=NAME, section=FairGate, evidence=Groups, pick=_pick, judge=fair)
