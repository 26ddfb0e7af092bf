"""No group may be treated worse than the limits allow, nor further from everybody else than with the champion.

Each group is judged beside everybody else: the largest of many differences between pairs of groups is large by luck.
Failing is the claim that some group of some criterion is beyond its limit, so its bound holds for all of them at once
(Bonferroni, both directions). Passing is "none is shown to be beyond", and only where a difference of `must_show` would
have shown in four runs of five: a group for which it would not is too small to judge, whatever its figures look like.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from ratchet.config.fairness import FairGate, Limit, Ratio
from ratchet.config.model import ModelConfig
from ratchet.errors import list_names
from ratchet.gates.answer import answer
from ratchet.gates.evidence import is_finite
from ratchet.records.fairness import Attribute, Fairness, Group, GroupFigure
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome

NAME = "fair"
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
Finding = tuple[Outcome, str]


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


def fair(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Fail when a group is shown to be beyond a limit; too few rows are no pass."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.fair)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    measured = evaluation.fairness
    if not config.data.sensitive:
        return Outcome.NOT_APPLICABLE, "no sensitive columns in the YAML"
    if not _list_limits(config) and not _asks_champion(config, evaluation):
        return Outcome.NOT_APPLICABLE, f"the YAML asks for no criterion of a {config.task} task"
    if measured is None:
        return Outcome.INCONCLUSIVE, "groups can't be compared: not measured"
    if measured.problem:
        return Outcome.INCONCLUSIVE, f"groups can't be compared: {measured.problem}"
    return _judge(config, evaluation, measured)


def _judge(config: ModelConfig, evaluation: Evaluation, measured: Fairness) -> Finding:
    claims = list(_list_claims(config, measured, asks_champion=_asks_champion(config, evaluation)))
    judged = [claim for claim in claims if not claim.is_small and is_finite(claim.excess, claim.error)]
    far = _quantile(measured, len(judged))
    if broken := [claim for claim in judged if _reach(claim, -far) > claim.at_most]:
        worst = max(broken, key=lambda claim: _reach(claim, -far) - claim.at_most)
        more = f"; and {len(broken) - 1} more findings" if len(broken) > 1 else ""
        return Outcome.FAIL, f"shown to be beyond its limit: {_describe(claim=worst, measured=measured)}{more}"
    gap = _find_missing(config, evaluation, measured) or _find_small(config, measured, claims, far)
    return (Outcome.INCONCLUSIVE, gap) if gap else (Outcome.PASS, _describe_pass(judged, measured, far))


def _asks_champion(config: ModelConfig, evaluation: Evaluation) -> bool:
    return evaluation.champion is not None and config.gates.fair.not_worse is not None


def _find_missing(config: ModelConfig, evaluation: Evaluation, measured: Fairness) -> str | None:
    """Return what was not measured at all, without which nothing passes."""
    found = {attribute.name: attribute.problem for attribute in measured.attributes}
    for name in config.data.sensitive:
        if problem := found.get(name, "was not measured"):
            return f"{name}: {problem}"
    champion = evaluation.champion
    if _asks_champion(config, evaluation) and champion and champion.problem:
        return f"the champion can't score these rows: {champion.problem}"
    return None


def _find_small(config: ModelConfig, measured: Fairness, claims: list[Claim], far: float) -> str | None:
    """Return which groups are too small for "none is shown to be beyond" to be a pass."""
    if small := _list_small(config, measured, claims, far):
        return f"too small to judge: {list_names(small)}"
    is_any = any(_is_large_enough(claim, far) for claim in claims)
    return None if is_any else "every group is too small to judge"


def _list_small(config: ModelConfig, measured: Fairness, claims: list[Claim], far: float) -> list[str]:
    """List the groups that are too small and may not be passed over, with the reason of each."""
    gate, small = config.gates.fair, dict[str, str]()
    counted = [attribute for attribute in measured.attributes if not _is_passed_over(gate, attribute)]
    for attribute in counted:
        few = [group for group in attribute.groups if group.rows < gate.min_rows]
        small |= {f"{attribute.name} {group.name}": f"{group.rows:,} rows, needs {gate.min_rows:,}" for group in few}
        if attribute.left_out:
            small[attribute.name] = f"{attribute.left_out:,} groups below {gate.min_rows:,} rows"
    for claim in claims:
        if claim.attribute in counted and not _is_large_enough(claim, far):
            small.setdefault(f"{claim.attribute.name} {claim.group.name}", _describe_size(gate, claim))
    return [f"{name} ({reason})" for name, reason in small.items()]


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
    if claim.is_small or not is_finite(claim.excess, claim.error):
        return False
    return _show(claim, far) <= claim.must_show


def _show(claim: Claim, far: float) -> float:
    """Return the smallest true excess that would be shown in four runs of five."""
    return claim.at_most + (far + NormalDist().inv_cdf(POWER)) * (claim.error or 0.0)


def _list_limits(config: ModelConfig) -> dict[str, Limit | Ratio]:
    gate = config.gates.fair
    limits = {name: getattr(gate, name) for name in CRITERIA[config.task]}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _list_claims(config: ModelConfig, measured: Fairness, *, asks_champion: bool) -> Iterator[Claim]:
    """List each group in each measure of each criterion, and each measure once more beside the champion's."""
    limits, gate, criteria = _list_limits(config), config.gates.fair, CRITERIA[config.task]
    measures = {measure for name in limits or criteria for measure in criteria[name]}
    for of in _list_figures(measured):
        _, group, figure = of
        is_small = group.rows < gate.min_rows or min(figure.count, figure.others) < gate.min_positives
        asked = [name for name in limits if figure.measure in criteria[name]]
        yield from (_claim(name, limits[name], of, measured.unit, is_small=is_small) for name in asked)
        if asks_champion and gate.not_worse and figure.measure in measures:
            yield _claim_further(gate.not_worse, of, measured.unit, is_small=is_small)


def _list_figures(measured: Fairness) -> Iterator[tuple[Attribute, Group, GroupFigure]]:
    for attribute in measured.attributes:
        for group in attribute.groups:
            yield from ((attribute, group, figure) for figure in group.figures)


def _claim(
    name: str, limit: Limit | Ratio, of: tuple[Attribute, Group, GroupFigure], unit: float, *, is_small: bool
) -> Claim:
    attribute, group, figure = of
    if isinstance(limit, Ratio):
        ratio = figure.steady_ratio
        excess = abs(math.log(ratio)) if ratio is not None and ratio > 0 else None
        error, at_most, must_show = figure.steady_error, -math.log(limit.at_least), -math.log(limit.must_show)
    else:
        excess = None if figure.difference is None else abs(figure.difference) / unit
        error = None if figure.error is None else figure.error / unit
        at_most, must_show = limit.at_most, limit.must_show
    return Claim(
        criterion=name,
        attribute=attribute,
        group=group,
        figure=figure,
        excess=excess,
        error=error,
        at_most=at_most,
        must_show=must_show,
        is_small=is_small,
    )


def _claim_further(limit: Limit, of: tuple[Attribute, Group, GroupFigure], unit: float, *, is_small: bool) -> Claim:
    attribute, group, figure = of
    return Claim(
        criterion="not_worse",
        attribute=attribute,
        group=group,
        figure=figure,
        excess=None if figure.further is None else figure.further / unit,
        error=None if figure.further_error is None else figure.further_error / unit,
        at_most=limit.at_most,
        must_show=limit.must_show,
        is_small=is_small,
    )


def _quantile(measured: Fairness, claims: int) -> float:
    """Return how many standard errors out a bound lies that holds for all claims at once, in both directions."""
    return NormalDist().inv_cdf(1 - (1 - (measured.confidence or 0.99)) / (2 * max(claims, 1)))


def _reach(claim: Claim, far: float) -> float:
    return (claim.excess or 0.0) + far * (claim.error or 0.0)


def _plain(claim: Claim, value: float) -> float:
    """Turn a value of a claim's scale into what a person reads: logarithms back into ratios."""
    return math.exp(-value) if claim.criterion == "four_fifths" else value


def _describe(*, claim: Claim, measured: Fairness) -> str:
    figure, sure = claim.figure, 100 * (measured.confidence or 0.0)
    subject = f"{claim.criterion}: {figure.measure} of {claim.attribute.name} {claim.group.name}"
    limit = _plain(claim, claim.at_most)
    if claim.criterion == "not_worse":
        return (
            f"{subject} is {claim.excess or 0.0:+.3f} further from everybody else than with the champion, "
            f"at most {limit:g} (all groups at once at {sure:g} %)"
        )
    rest = f"{figure.value or 0.0:.3f}, {figure.difference or 0.0:+.3f} beside everybody else"
    bounds = f"[{figure.lower or 0.0:+.3f}, {figure.upper or 0.0:+.3f}] at {sure:g} %"
    if claim.criterion == "four_fifths":
        return f"{subject} is {rest}, a ratio of {_plain(claim, claim.excess or 0.0):.2f}, at least {limit:g}"
    share = " (of the mean absolute error)" if measured.unit != 1.0 else ""
    return f"{subject} is {rest} {bounds}, at most {limit:g}{share}"


def _describe_pass(judged: list[Claim], measured: Fairness, far: float) -> str:
    worst = max(judged, key=lambda claim: (claim.excess or 0.0) / claim.must_show)
    asked = ", ".join(dict.fromkeys(claim.criterion for claim in judged))
    seen = [_show(claim, far) for claim in judged if claim.criterion != "four_fifths" and _is_large_enough(claim, far)]
    shown = f"; differences above {max(seen):.2f} would have shown" if seen else ""
    return f"no group is shown to be beyond {asked}; closest: {_describe(claim=worst, measured=measured)}{shown}"
