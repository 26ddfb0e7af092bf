"""Measure calibration on the holdout: whether rows predicted at 20 % come true in one case of five.

With several classes it is the class decided for, and the confidence in it, that are looked at (top label: Guo et al.,
On Calibration of Modern Neural Networks, 2017), and the rate of each class in the large. For regression there are no
rates: mean prediction against mean outcome is all. Blocks of rows are as long as the errors themselves hang together,
which is longer than the differences between two models do.

Mean prediction against mean outcome: on all rows, by named slice, by sensitive column and by class.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from ratchet.config.evaluation import Slice
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.reliability import Outcomes, bin_side, cut_bins, expected_error
from ratchet.evaluation.slices.groups import Grouping, group_column
from ratchet.evaluation.slices.measuring import find_parts, find_problem
from ratchet.evaluation.totals import Totals, draw_totals, plan_for
from ratchet.metrics.arrays import Floats
from ratchet.metrics.decomposed import divide
from ratchet.records.calibration import Bounded, Calibration, InTheLarge, ModelCalibration

PREDICTIONS = {"binary": "probability", "multiclass": "confidence", "regression": "value"}
OF_CLASS = "class "
MIN_GROUP_ROWS = 50
SHOWN = 12  # values of one sensitive column, and classes: the most frequent ones
OVERALL = "overall"
Members = NDArray[np.bool_]
Named = tuple[str, Members, str | None]  # a group's name, its rows, and why there is nothing to measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some rows, with what is predicted for them and what came true.

    Attributes:
        name: how a report calls them.
        members: whether each row is one of them.
        predicted: of every row.
        observed: of every row.
        problem: why there is nothing to measure; None when there is.
    """

    name: str
    members: Members
    predicted: Floats
    observed: Floats
    problem: str | None = None

    @property
    def error(self) -> Floats:
        """Predicted minus observed, 0 for rows outside."""
        return np.where(self.members, self.predicted - self.observed, 0.0)

    def lines(self) -> csr_array:
        """Return what is added up: rows, and predicted minus observed."""
        return csr_array(np.stack([self.members.astype(np.float64), self.error]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model as it is measured here.

    Attributes:
        side: its predictions in bins; one bin for regression.
        groups: the rows it is measured on in the large.
    """

    side: Outcomes
    groups: tuple[Group, ...]

    def lines(self) -> csr_array:
        """Return everything that is added up for it: two lines a group after those of the bins."""
        return vstack([self.side.lines(), *(group.lines() for group in self.groups)], format="csr")


def measure_calibration(comparison: Comparison) -> Calibration:
    """Measure the calibration of challenger and champion; for regression only in the large."""
    rarest = comparison.names.find_rarest(comparison.labels, comparison.classes, absent_count=True)
    about = Calibration(
        prediction=PREDICTIONS[comparison.config.task],
        rows=len(comparison.labels),
        positives=rarest.rows,
        rarest=rarest.name,
        confidence=comparison.config.evaluation.confidence,
    )
    if problem := _find_problem(comparison):
        return replace(about, problem=problem)
    models = [_prepare(comparison, each) for each in comparison.models.values()]
    totals, middle = _draw(comparison, models)
    challenger = _measure(comparison, models[0], totals.part(slice(middle)))
    if len(models) == 1:
        return replace(about, challenger=challenger)
    champion = _measure(comparison, models[1], totals.part(slice(middle, None)))
    change = _measure_change(models, totals, middle) if comparison.classes else None
    return replace(about, challenger=challenger, champion=champion, change=change)


def _draw(comparison: Comparison, models: list[Model]) -> tuple[Totals, int]:
    """Add up both models on the same draws; the second one's lines start where it is told."""
    plan = plan_for(comparison, [model.side.error for model in models])
    lines = [model.lines() for model in models]
    confidence = comparison.config.evaluation.confidence
    return draw_totals(vstack(lines, format="csr"), plan, confidence=confidence), lines[0].shape[0]


def name_classes(calibration: Calibration | None, classes: Sequence[str]) -> Calibration | None:
    """Put the names of several classes in the place of their codes."""
    if calibration is None or calibration.prediction != "confidence":
        return calibration
    names = {f"{OF_CLASS}{code}": f"{OF_CLASS}= {name}" for code, name in enumerate(classes)}
    return replace(
        calibration,
        challenger=_rename(calibration.challenger, names),
        champion=_rename(calibration.champion, names),
    )


def _rename(model: ModelCalibration | None, names: Mapping[str, str]) -> ModelCalibration | None:
    if model is None:
        return None
    groups = tuple(replace(each, group=names.get(each.group, each.group)) for each in model.in_the_large)
    return replace(model, in_the_large=groups)


def _find_problem(comparison: Comparison) -> str | None:
    if len(comparison.labels) < 2:
        return f"{len(comparison.labels)} rows in the holdout"
    return comparison.find_lost()


def _prepare(comparison: Comparison, scored: Scored) -> Model:
    predicted, observed = _read_outcomes(comparison, scored.scores)
    codes, bins = np.zeros(len(predicted), dtype=np.intp), 1
    if comparison.classes:
        codes, bins = cut_bins(predicted, comparison.config.calibration.bins)
    groups = [
        Group(name=name, members=members, predicted=predicted, observed=observed, problem=problem)
        for name, members, problem in find_members(comparison)
    ]
    return Model(
        side=Outcomes(predicted=predicted, observed=observed, codes=codes, bins=bins),
        groups=(*groups, *_find_classes(comparison, scored.scores)),
    )


def _read_outcomes(comparison: Comparison, scores: Floats) -> tuple[Floats, Floats]:
    """Return what is predicted and what came true: of the positive class, of the class decided for, or the value."""
    if scores.ndim == 1:
        return scores, comparison.labels
    return scores.max(axis=1), (np.argmax(scores, axis=1) == comparison.labels).astype(np.float64)


def _find_classes(comparison: Comparison, scores: Floats) -> Iterator[Group]:
    """Give the rate of each of several classes, the most frequent ones."""
    if scores.ndim == 1:
        return
    counts = np.bincount(comparison.labels.astype(np.intp), minlength=scores.shape[1])
    everyone = np.ones(len(scores), dtype=bool)
    for code in np.argsort(-counts, kind="stable")[:SHOWN]:
        observed = (comparison.labels == code).astype(np.float64)
        yield Group(name=f"{OF_CLASS}{code}", members=everyone, predicted=scores[:, code], observed=observed)


def _measure(comparison: Comparison, model: Model, totals: Totals) -> ModelCalibration:
    start = 3 * model.side.bins + 1
    in_the_large = tuple(
        measure_group(group, totals.part(slice(start + 2 * place, start + 2 * place + 2)))
        for place, group in enumerate(model.groups)
    )
    if not comparison.classes:
        return ModelCalibration(in_the_large=in_the_large)
    binned = bin_side(model.side, totals.part(slice(start)))
    return ModelCalibration(
        error=binned.error(),
        by_chance=binned.by_chance,
        **binned.brier_parts(),
        bins=binned.diagram(),
        in_the_large=in_the_large,
    )


def _measure_change(models: list[Model], totals: Totals, middle: int) -> Bounded:
    """Compare two models' errors after taking out what chance is expected to have added to each."""
    ends = [3 * model.side.bins + 1 for model in models]
    mine, theirs = slice(ends[0]), slice(middle, middle + ends[1])
    binned = [bin_side(model.side, totals.part(part)) for model, part in zip(models, (mine, theirs), strict=True)]
    added = binned[0].added_by_chance - binned[1].added_by_chance
    return totals.bound(
        lambda sums: expected_error(sums[mine]) - expected_error(sums[theirs]) - added,
        binned[0].error_influence - binned[1].error_influence,
    )


def find_members(comparison: Comparison) -> Iterator[Named]:
    """Give each group of rows with its name, and with its problem where there is one: all of them first."""
    frame, config = comparison.frame, comparison.config
    yield OVERALL, np.ones(len(frame), dtype=bool), None
    for part in config.evaluation.slices:
        yield from _find_in_slice(frame, part)
    for name in config.data.sensitive:
        yield from _find_in_column(group_column(config, frame, name), len(frame))


def _find_in_slice(frame: pd.DataFrame, part: Slice) -> Iterator[Named]:
    if problem := find_problem(frame, part):
        yield part.name, np.zeros(len(frame), dtype=bool), problem
        return
    for name, rows in find_parts(frame, part).items():
        yield name, np.isin(np.arange(len(frame)), rows), None


def _find_in_column(grouping: Grouping, rows: int) -> Iterator[Named]:
    if grouping.problem:
        yield grouping.name, np.zeros(rows, dtype=bool), grouping.problem
        return
    for place in np.argsort(-grouping.rows, kind="stable")[:SHOWN]:
        yield f"{grouping.name} = {grouping.names[place]}", grouping.codes == place, None


def measure_group(group: Group, totals: Totals) -> InTheLarge:
    """Bound the difference of predicted and observed mean on a group."""
    rows = int(np.count_nonzero(group.members))
    problem = group.problem or (f"{rows:,} rows are too few, needs {MIN_GROUP_ROWS}" if rows < MIN_GROUP_ROWS else None)
    difference = None
    if problem is None:
        members = group.members.astype(np.float64)
        centred = group.error - members * (group.error.sum() / rows)
        difference = totals.bound(_mean, centred, members=members)
    return InTheLarge(
        group=group.name,
        rows=rows,
        predicted=_mean_of(group.predicted, group),
        observed=_mean_of(group.observed, group),
        difference=difference,
        problem=problem,
    )


def _mean_of(values: Floats, group: Group) -> float | None:
    return float(values[group.members].mean()) if group.members.any() else None


def _mean(sums: Floats) -> Floats:
    return divide(sums[1], sums[0])
