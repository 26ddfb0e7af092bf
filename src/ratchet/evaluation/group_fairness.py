"""Figures by group of each sensitive column and pair: of each group, beside everybody else, and beside the champion.

How far the groups of a column are apart, by fairlearn, and how far they may truly be.

The point figures are fairlearn's own: MetricFrame over its named metrics and scikit-learn's. The largest difference
between groups is biased upwards, the more so the smaller the groups: noise alone drives the extremes apart
(Lum, Zhang and Bower 2022, De-biasing "bias" measurement). So its bounds hold for all pairs of groups at once
(Bonferroni): the truth is at least what the pair shown to be furthest apart is, and at most what any pair may be.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, mean_prediction, selection_rate, true_positive_rate
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.metrics import accuracy_score, precision_score

from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.group_families import Moves, find_families
from ratchet.evaluation.group_figures import (
    MEASURES,
    RATES,
    CellSums,
    Contrasts,
    add_up,
    contrast,
    count_units,
    find_cells,
    find_further,
    find_residual,
    plan_group_draws,
)
from ratchet.evaluation.resampling import Codes, Resampling
from ratchet.evaluation.slices.groups import Grouping, group_given, group_rows
from ratchet.gates.group_claims import FairGate, list_claims
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import explain_lost
from ratchet.records.fairness import Attribute, Disparity, Fairness, Family, Group, GroupFigure

Metric = Callable[..., float]
Metrics = dict[str, dict[str, Metric]]
BY_DECISION: Metrics = {
    "binary": {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "precision": partial(precision_score, zero_division=np.nan),
        "accuracy": accuracy_score,
    },
    "multiclass": {"accuracy": accuracy_score},
    "regression": {},
}
BY_RESIDUAL: Metrics = {
    "binary": {"calibration": mean_prediction},
    "multiclass": {},
    "regression": {"mean_error": mean_prediction},
}
BY_ERROR: Metrics = {"binary": {}, "multiclass": {}, "regression": {"mean_absolute_error": mean_prediction}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """What one column's or pair's figures are described from; NaN where there is no champion to compare with."""

    challenger: Contrasts
    champion: Floats
    further: Floats
    further_error: Floats
    further_draws: Floats
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """The holdout, and what each model comes to by cell on it and on each of its draws.

    Attributes:
        comparison: the holdout.
        plan: of the draws.
        rows: a row of each cell.
        sums: of each model.
        levels: of the factors that are given, of each row; None without such.
    """

    comparison: Comparison
    plan: Resampling
    rows: Codes
    sums: list[CellSums]
    levels: Codes | None


def measure_fairness(comparison: Comparison) -> Fairness | None:
    """Measure every group of the YAML's sensitive columns; None when it names none."""
    config = comparison.config
    if not config.data.sensitive:
        return None
    if problem := _find_problem(comparison):
        return Fairness(problem=problem)
    groupings = group_rows(config, comparison.frame)
    singles, given = _find_sound(groupings), group_given(config, comparison.frame)
    if given and given.problem:
        return Fairness(problem=given.problem)
    if not singles:
        return Fairness(attributes=tuple(map(_explain, groupings)))
    plan = plan_group_draws(comparison)
    cells, rows = find_cells([*singles, *([given] if given else [])])
    drawn = _Drawn(
        comparison=comparison,
        plan=plan,
        rows=rows,
        sums=add_up(comparison, _find_models(comparison), cells, plan),
        levels=given.codes if given else None,
    )
    measured = [_measure_attribute(drawn, each) for each in groupings]
    fairness = Fairness(
        attributes=tuple(attribute for attribute, _ in measured),
        confidence=config.evaluation.confidence,
        resampling=plan.method,
        unit=_find_unit(comparison),
        given=config.evaluation.fairness.given,
    )
    moves = {attribute.name: moved for attribute, moved in measured if moved}
    return replace(fairness, families=_find_families(comparison, fairness, moves))


def _find_families(comparison: Comparison, fairness: Fairness, moves: dict[str, Moves]) -> tuple[Family, ...]:
    config, opposed = comparison.config, comparison.champion is not None
    claims = list_claims(config.gates.of(FairGate), config.task, fairness, asks_champion=opposed)
    return find_families(claims, moves, confidence=config.evaluation.confidence, seed=config.schedule.seed)


def _find_sound(groupings: tuple[Grouping, ...]) -> list[Grouping]:
    """Return the groupings by a single column that rows can be grouped by, each once."""
    return [each for each in groupings if not (each.problem or each.same_as) and len(each.columns) == 1]


def _find_problem(comparison: Comparison) -> str | None:
    scored = comparison.challenger
    if len(comparison.labels) < 2:
        return f"{len(comparison.labels):,} rows are too few to compare groups"
    if lost := explain_lost("challenger", scored.scores):
        return lost
    if comparison.config.task != "regression" and scored.decisions is None:
        return "the challenger decides nothing"
    return None


def _find_models(comparison: Comparison) -> list[Scored]:
    champion = comparison.champion
    if champion is None or not np.isfinite(champion.scores).all():
        return [comparison.challenger]
    return [comparison.challenger, champion]


def _find_unit(comparison: Comparison) -> float:
    if comparison.config.task != "regression":
        return 1.0
    return float(np.abs(find_residual(comparison, comparison.challenger)).mean()) or 1.0


def _explain(grouping: Grouping) -> Attribute:
    """Say why a column's groups are not measured: it has none, or those of another column."""
    return Attribute(name=grouping.name, columns=grouping.columns, same_as=grouping.same_as, problem=grouping.problem)


def _measure_attribute(drawn: _Drawn, grouping: Grouping) -> tuple[Attribute, Moves | None]:
    """Measure the groups of a column or a pair that are large enough; of a column the others are named."""
    if grouping.problem or grouping.same_as:
        return _explain(grouping), None
    comparison, count = drawn.comparison, len(grouping.names)
    crude = _put_side_by_side(drawn, grouping, None)
    sides = crude if drawn.levels is None else _put_side_by_side(drawn, grouping, drawn.levels[drawn.rows])
    large = np.flatnonzero(grouping.rows >= comparison.config.gates.of(FairGate).min_rows)
    shown = _measure_by_fairlearn(comparison, grouping.codes, large)
    listed = range(count) if len(grouping.columns) == 1 else large.tolist()
    attribute = Attribute(
        name=grouping.name,
        columns=grouping.columns,
        groups=tuple(
            _add_crude(_describe_group(comparison, grouping, sides, shown, place), drawn, crude, place)
            for place in listed
        ),
        left_out=count - len(listed),
        disparities=_find_disparities(comparison, grouping, crude, shown),
        told_by=grouping.told_by,
        problem=None if count > 1 else f"all {len(grouping.codes):,} rows are of one group, {grouping.names[0]}",
    )
    return attribute, _find_moves(comparison, grouping, sides, large)


def _put_side_by_side(drawn: _Drawn, grouping: Grouping, levels: Codes | None) -> _Sides:
    """Contrast the groups of a column or pair, with the challenger and with the champion if there is one.

    With the level of each cell, everybody else is of the same level.
    """
    plan, groups, task = drawn.plan, len(grouping.names), drawn.comparison.config.task
    units, sure = count_units(plan, grouping.codes, groups), drawn.comparison.config.evaluation.confidence
    codes = grouping.codes[drawn.rows]
    sums = (
        each.by_group(codes, groups) if levels is None else each.by_group_within(codes, groups, levels)
        for each in drawn.sums
    )
    challenger, *champion = [contrast(task, own, others, units, plan, sure) for own, others in sums]
    nothing = np.full_like(challenger.figures, np.nan)
    further = find_further(challenger, champion[0]) if champion else (nothing, nothing, nothing[:, :, None])
    return _Sides(
        challenger=challenger,
        champion=champion[0].figures if champion else nothing,
        further=further[0],
        further_error=further[1],
        further_draws=further[2],
        confidence=sure,
    )


def _find_moves(comparison: Comparison, grouping: Grouping, sides: _Sides, large: Codes) -> Moves:
    """Keep how the figures of the groups that are large enough move over the draws."""
    own = sides.challenger
    return Moves(
        measures=tuple(MEASURES[comparison.config.task]),
        groups=tuple(grouping.names[place] for place in large),
        difference=own.apart[:, large],
        ratio=own.ratio_apart[:, large],
        further=sides.further_draws[:, large],
    )


def _measure_by_fairlearn(comparison: Comparison, codes: Codes, large: Codes) -> pd.DataFrame:
    """Return fairlearn's figures of the groups that are large enough: a line a group, a column a measure."""
    if not len(large):
        return pd.DataFrame(columns=list(MEASURES[comparison.config.task]), dtype=float)
    return frame_metrics(comparison, codes, np.isin(codes, large))


def _describe_group(
    comparison: Comparison, grouping: Grouping, sides: _Sides, shown: pd.DataFrame, place: int
) -> Group:
    task, here = comparison.config.task, grouping.codes == place
    figures: tuple[GroupFigure, ...] = ()
    if place in shown.index and len(grouping.names) > 1:
        figures = tuple(
            _describe_figure(sides, name, (row, place), float(shown[name].loc[place]))
            for row, name in enumerate(MEASURES[task])
        )
    return Group(
        name=grouping.names[place],
        rows=int(here.sum()),
        positives=int((comparison.labels[here] == 1).sum()) if task == "binary" else None,
        figures=figures,
    )


def _add_crude(group: Group, drawn: _Drawn, crude: _Sides, place: int) -> Group:
    """Put beside each figure what it is without the factors that are given; nothing where there are none."""
    if drawn.levels is None:
        return group
    differences = crude.challenger.difference[:, place]
    return replace(
        group,
        figures=tuple(
            replace(figure, crude=_number(each)) for figure, each in zip(group.figures, differences, strict=False)
        ),
    )


def _describe_figure(sides: _Sides, measure: str, at: tuple[int, int], value: float) -> GroupFigure:
    own = sides.challenger
    difference, reach = float(own.difference[at]), float(ndtri(sides.confidence)) * float(own.error[at])
    return GroupFigure(
        measure=measure,
        count=int(own.count[at]),
        others=int(own.others[at]),
        value=_number(value) if own.count[at] else None,
        champion=_number(sides.champion[at]),
        difference=_number(difference),
        error=_number(own.error[at]),
        lower=_number(difference - reach),
        upper=_number(difference + reach),
        ratio=_number(own.ratio[at]),
        steady_ratio=_number(own.steady_ratio[at]),
        steady_error=_number(own.steady_error[at]),
        further=_number(sides.further[at]),
        further_error=_number(sides.further_error[at]),
    )


def _find_disparities(
    comparison: Comparison, grouping: Grouping, sides: _Sides, shown: pd.DataFrame
) -> tuple[Disparity, ...]:
    large, own = shown.index.to_numpy(dtype=np.intp), sides.challenger
    names = [grouping.names[place] for place in large]
    found = (
        find_disparity(
            measure,
            np.where(own.count[row][large] > 0, shown[measure].to_numpy(dtype=float), np.nan),
            own.draws[row][large],
            names,
            sides.confidence,
        )
        for row, measure in enumerate(MEASURES[comparison.config.task])
    )
    return tuple(each for each in found if each is not None)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def frame_metrics(comparison: Comparison, codes: Codes, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """Measure the challenger on some rows by group, with fairlearn: a line a group, a column a measure.

    Rows that are alike in group, label and decision become one row with a weight: fairlearn walks over rows in Python.
    """
    task, challenger = comparison.config.task, comparison.challenger
    missed = find_residual(comparison, challenger)[rows]
    labels = comparison.labels[rows] if comparison.classes else np.zeros(len(missed))
    decisions = labels if challenger.decisions is None else challenger.decisions[rows]
    kinds, alike = np.unique(np.stack([codes[rows], labels, decisions]), axis=1, return_inverse=True)
    weights = np.bincount(alike).astype(np.float64)
    means = (np.bincount(alike, weights=values) / weights for values in (missed, np.abs(missed)))
    frames = [
        MetricFrame(
            metrics=metrics[task],
            y_true=kinds[1],
            y_pred=predicted,
            sensitive_features=pd.Series(kinds[0].astype(np.intp), name="group"),  # an array of one would be squeezed
            sample_params={name: {"sample_weight": weights} for name in metrics[task]},
        ).by_group
        for metrics, predicted in zip((BY_DECISION, BY_RESIDUAL, BY_ERROR), (kinds[2], *means), strict=True)
        if metrics[task]
    ]
    by_group: pd.DataFrame = pd.concat(frames, axis=1)
    return by_group


def find_disparity(
    measure: str, figures: Floats, draws: Floats, names: list[str], confidence: float
) -> Disparity | None:
    """Find the extremes of a measure over groups, with bounds for all pairs; None with fewer than two figures.

    Args:
        measure: its name.
        figures: of each group, NaN where it has none.
        draws: of each group (first axis) in each draw, spread as far as the figures truly are.
        names: of the groups.
        confidence: of each bound.
    """
    known = np.flatnonzero(np.isfinite(figures))
    if len(known) < 2:
        return None
    values = figures[known]
    low, high = int(np.argmin(values)), int(np.argmax(values))
    apart = np.abs(values[:, None] - values[None, :])
    pairs = len(known) * (len(known) - 1) / 2
    reach = float(ndtri(1 - (1 - confidence) / (2 * pairs))) * _pair_errors(draws[known])
    smallest, largest = float(values[low]), float(values[high])
    return Disparity(
        measure=measure,
        difference=largest - smallest,
        difference_lower=max(float((apart - reach).max()), 0.0),
        difference_upper=float((apart + reach).max()),
        ratio=smallest / largest if measure in RATES and largest > 0 else None,
        lowest=names[known[low]],
        highest=names[known[high]],
    )


def _pair_errors(draws: Floats) -> Floats:
    """Return the standard error of the difference of each pair."""
    centred = np.nan_to_num(draws - draws.mean(axis=1, keepdims=True, where=np.isfinite(draws)))
    covariance = centred @ centred.T / draws.shape[1]
    variance = np.diagonal(covariance)
    return np.asarray(np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0)))
