"""Which candidate the policy prefers: constraints, then the Pareto front, then weighted points. Pure: records only.

Points: each objective is put between 0 (the worst on the front) and 1 (the best on it), and these are averaged with
the YAML's weights. Where all of the front are alike in an objective, it tells nobody apart and gives everyone 1.
"""

import math
from collections.abc import Mapping, Sequence
from operator import mul

from ratchet.config.model import ModelConfig
from ratchet.config.policy import Constraint, Objective, Policy
from ratchet.config.training import BLEND
from ratchet.metrics.registry import find_metric
from ratchet.records.modelling import Candidate, Figure, Placing

MATERIAL = 0.05  # of what a score lacks: less is no reason to give up what is trusted
Aims = Mapping[str, tuple[float, ...]]  # by candidate: its objectives, each turned so that higher is better


def place_candidates(candidates: Sequence[Candidate], policy: Policy, metric: str) -> tuple[Placing, ...]:
    """Place usable candidates, given in the order of the YAML, the preferred one first.

    Those that break a constraint come last; when all do, they are placed as if there were no constraints, so that a
    person sees which one is the best of them. Ties go to the primary metric, the quicker fit, the YAML's order.
    """
    broken = {each.name: find_broken(each, policy.constraints) for each in candidates}
    eligible = [each for each in candidates if not broken[each.name]] or list(candidates)
    dominators, points = _rank(eligible, policy.objectives or (Objective(figure=metric),))

    def rank(each: Candidate) -> tuple[bool, float, float, float]:
        merit = points.get(each.name, -1.0)
        return each.name not in dominators, -merit, -(each.score or 0.0), each.fit_seconds

    return tuple(
        Placing(
            name=each.name,
            broken=broken[each.name],
            dominated_by=dominators.get(each.name),
            points=points.get(each.name),
        )
        for each in sorted(candidates, key=rank)  # stable: what is alike stays in the order of the YAML
    )


def prefer_trusted(
    placings: tuple[Placing, ...], candidates: Sequence[Candidate], config: ModelConfig, own: Candidate | None = None
) -> tuple[tuple[Placing, ...], str | None]:
    """Put a candidate that is trusted before the best one, where it is as good on the folds; and say why, else None.

    The champion's own recipe comes first, as it can renew the champion, and then a blend, which errs in fewer ways than
    one of its members; see docs/decisions/0035-settings-are-tried-on-folds.md.

    Args:
        placings: as `place_candidates` gives them.
        candidates: usable ones.
        config: the model's YAML.
        own: the one that has the champion's recipe; None without one.
    """
    lead = next(each for each in candidates if each.name == placings[0].name)
    if config.policy.objectives or placings[0].broken or not lead.folds:
        return placings, None
    is_loss, broken = find_metric(config.metric).is_loss, {each.name: each.broken for each in placings}
    blends = (each for each in candidates if each.estimator == BLEND)
    trusted = [(own, "it is the champion's own recipe", 0.0)] if own else []
    trusted += [(each, "it errs in fewer ways", MATERIAL) for each in blends]
    for each, why, material in trusted:
        if each is lead:
            break
        is_allowed = each.folds and not broken[each.name]
        if is_allowed and is_as_good(each.folds, lead.folds, is_loss=is_loss, material=material):
            figures = f"{each.metric} {each.metric_value:.4g} on {each.ranked_on}, {lead.name} {lead.metric_value:.4g}"
            reason = f"{each.name} is as good as the best within chance, and {why}: {figures}"
            return tuple(sorted(placings, key=lambda one: one.name != each.name)), reason
    return placings, None


def is_as_good(
    scores: Sequence[float],
    best: Sequence[float],
    *,
    is_loss: bool = False,
    material: float = MATERIAL,
    by_age: bool = False,
) -> bool:
    """Tell whether scores are behind by less than a standard error, or by less than a share of what they lack.

    "One standard error": Breiman and others, Classification and regression trees (1984), section 3.4.3. What a loss
    lacks is itself, what another metric lacks is its distance to one. They have to be behind without the fold that
    speaks most against them as well: one block of rows may be of a world that does not come back. Where newer folds
    count more, the newest is none of these: what comes next is most like it.

    Args:
        scores: on each fold, higher is better.
        best: on the same folds.
        is_loss: whether the metric is one, and the scores are below zero.
        material: the share that counts.
        by_age: newer folds count more, the oldest is the first: see `weigh_folds`.
    """
    count = len(scores)
    behind = [other - own for own, other in zip(scores, best, strict=True)]
    weights = weigh_folds(count) if by_age else [1 / count] * count
    reached, lost = _mean(scores, weights), _mean(behind, weights)
    enough = material * (-reached if is_loss else 1 - reached)
    worth = 1 / sum(each**2 for each in weights)  # so many folds of equal weight tell as much
    noise = math.sqrt(_mean([(each - lost) ** 2 for each in behind], weights) / (worth - 1)) if count > 1 else 0.0
    if lost <= max(noise, enough) or count < 3:
        return lost <= max(noise, enough)
    worst = max(range(count - by_age), key=behind.__getitem__)
    rest = [0.0 if place == worst else weight for place, weight in enumerate(weights)]
    return _mean(behind, rest) / sum(rest) <= enough


def count_newest_most(scores: Sequence[float]) -> float:
    """Return the mean of scores on folds, the oldest first, by their weights."""
    return _mean(scores, weigh_folds(len(scores)))


def weigh_folds(count: int) -> list[float]:
    """Return what each fold counts where a window is chosen, the oldest first: in proportion to its place.

    What comes next is most like what was last; and one fold alone is one world, or chance.
    """
    return [place / (count * (count + 1) / 2) for place in range(1, count + 1)]


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return float(sum(map(mul, values, weights)))


def _rank(
    candidates: Sequence[Candidate], objectives: Sequence[Objective]
) -> tuple[dict[str, str | None], dict[str, float]]:
    """Return who dominates each candidate, and the points of those on the front."""
    aims = {each.name: tuple(_aim(each, one.figure) for one in objectives) for each in candidates}
    dominators = {each.name: _find_dominator(each, candidates, aims) for each in candidates}
    front = {name: aims[name] for name, dominator in dominators.items() if dominator is None}
    return dominators, _count_points(front, objectives)


def find_broken(candidate: Candidate, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return a sentence for each constraint that a candidate does not meet; what was not measured is not met."""
    sentences = (_check(candidate, constraint) for constraint in constraints)
    return tuple(sentence for sentence in sentences if sentence is not None)


def _check(candidate: Candidate, constraint: Constraint) -> str | None:
    name, value = constraint.figure, _read_value(candidate, constraint.figure)
    if value is None:
        return f"{name} was not measured"
    if constraint.at_most is not None and value > constraint.at_most:
        return f"{name} is {value:.4g}, at most {constraint.at_most:g} is allowed"
    if constraint.at_least is not None and value < constraint.at_least:
        return f"{name} is {value:.4g}, at least {constraint.at_least:g} is asked for"
    return None


def _read_value(candidate: Candidate, name: str) -> float | None:
    """Return the value of a figure; None when it was not measured, or is no finite number."""
    figure = read_figure(candidate, name)
    return None if figure is None or figure.value is None or not math.isfinite(figure.value) else figure.value


def read_figure(candidate: Candidate, name: str) -> Figure | None:
    """Return one of a candidate's figures; None when it was not measured."""
    return next((each for each in candidate.figures if each.name == name), None)


def _aim(candidate: Candidate, name: str) -> float:
    """One objective, higher is better; what was not measured is worse than anything that was."""
    if name == candidate.metric:
        return candidate.score if candidate.score is not None else -math.inf
    figure, value = read_figure(candidate, name), _read_value(candidate, name)
    if figure is None or value is None:
        return -math.inf
    return -value if figure.is_smaller_better else value


def _find_dominator(candidate: Candidate, others: Sequence[Candidate], aims: Aims) -> str | None:
    own = aims[candidate.name]
    better = [each for each in others if _dominates(aims[each.name], own)]
    return max(better, key=lambda each: each.score or 0.0).name if better else None


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(mine >= theirs for mine, theirs in zip(one, other, strict=True))


def _count_points(front: Aims, objectives: Sequence[Objective]) -> dict[str, float]:
    total = sum(each.weight for each in objectives)
    shares = [each.weight / total for each in objectives]
    scaled = map(_scale, zip(*front.values(), strict=True))
    by_candidate = zip(front, zip(*scaled, strict=True), strict=True)
    return {name: sum(map(mul, shares, figures)) for name, figures in by_candidate}


def _scale(values: Sequence[float]) -> list[float]:
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    return [_between(value, low, high) for value in values]


def _between(value: float, low: float, high: float) -> float:
    if not math.isfinite(value):
        return 0.0
    return 1.0 if high == low else (value - low) / (high - low)
