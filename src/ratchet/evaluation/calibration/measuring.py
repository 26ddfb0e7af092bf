"""Measure calibration on the holdout: whether rows predicted at 20 % come true in one case of five.

With several classes it is the class decided for, and the confidence in it, that are looked at (top label: Guo et al.,
On Calibration of Modern Neural Networks, 2017), and the rate of each class in the large. For regression there are no
rates: mean prediction against mean outcome is all. Blocks of rows are as long as the errors themselves hang together,
which is longer than the differences between two models do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from ratchet.evaluation.calibration.in_the_large import SHOWN, Group, find_members, measure_group
from ratchet.evaluation.calibration.reliability import Side, bin_side, cut_bins, expected_error
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.resampling.totals import Totals, draw_totals, plan_for
from ratchet.metrics.arrays import Floats
from ratchet.records.calibration import Bounded, Calibration, ModelCalibration

PREDICTIONS = {"binary": "probability", "multiclass": "confidence", "regression": "value"}
OF_CLASS = "class "


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model as it is measured here.

    Attributes:
        side: its predictions in bins; one bin for regression.
        groups: the rows it is measured on in the large.
    """

    side: Side
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
        side=Side(predicted=predicted, observed=observed, codes=codes, bins=bins),
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
