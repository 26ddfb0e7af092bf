"""Count what a person looks at on the holdout: decisions by threshold, mistakes by class, errors of a regression."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, confusion_matrix_at_thresholds

from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.decisions import HALF
from ratchet.evaluation.gains import Rows, Where
from ratchet.evaluation.judging import Chunk, cut_periods
from ratchet.evaluation.reliability import MIN_BIN_ROWS, cut_bins
from ratchet.evaluation.slices.measuring import measure_level
from ratchet.metrics.arrays import Floats
from ratchet.records.decision import Thresholds
from ratchet.records.diagnostics import Confusion, Curve, CutOff, Diagnostics, ErrorBin
from ratchet.records.holdout import Level

CUT_OFFS = 40  # of a curve: steps of a fortieth can't be told from the curve itself on a page
MOST_CLASSES = 12  # of a confusion matrix that still fits on a page
ERROR_BINS = 12
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
AREAS = ("roc_auc", "average_precision")
Counts = NDArray[np.intp]


def measure_diagnostics(
    comparison: Comparison, *, thresholds: Thresholds = HALF, champion: Thresholds | None = None
) -> Diagnostics:
    """Count on the holdout what pages show; never a row by itself.

    Args:
        comparison: what challenger and champion say about it.
        thresholds: the challenger's.
        champion: the champion's; None when there is none.
    """
    if not len(comparison.labels):
        return Diagnostics(problem="the holdout has no rows")
    if problem := comparison.find_lost():
        return Diagnostics(problem=problem)
    if comparison.config.task == "regression":
        return _measure_errors(comparison)
    confusion = _count_mistakes(comparison)
    if comparison.config.task == "multiclass":
        return Diagnostics(confusion=confusion)
    used = {"challenger": thresholds, "champion": champion or HALF}
    is_positive = comparison.labels == 1
    curves = tuple(
        trace_curve(name, is_positive, scored.scores, used[name].overall) for name, scored in comparison.models.items()
    )
    areas = tuple(_measure_area(comparison, metric) for metric in AREAS)
    return Diagnostics(curves=(replace(curves[0], areas=areas), *curves[1:]), confusion=confusion)


def trace_curve(model: str, is_positive: NDArray[np.bool_], scores: Floats, chosen: float) -> Curve:
    """Count decisions at distinct scores, the highest first; rows level with one are decided alike.

    Args:
        model: its name.
        is_positive: what came true of each row.
        scores: what the model says of it.
        chosen: the threshold that the model is used with.
    """
    true_negatives, wrong, missed, hits, levels = confusion_matrix_at_thresholds(is_positive, scores)

    def count(place: int) -> CutOff:
        return CutOff(
            threshold=float(levels[place]),
            true_positives=int(hits[place]),
            false_positives=int(wrong[place]),
            false_negatives=int(missed[place]),
            true_negatives=int(true_negatives[place]),
        )

    reached = int((levels >= chosen).sum())
    return Curve(
        model=model,
        cut_offs=tuple(count(place) for place in _spread_out(hits, wrong)),
        chosen=replace(count(reached - 1), threshold=chosen) if reached else None,
    )


def _spread_out(hits: Counts, wrong: Counts) -> Iterable[int]:
    """Choose cut-offs that lie about equally far apart on the ROC curve, its both ends among them."""
    along = hits / max(hits[-1], 1) + wrong / max(wrong[-1], 1)
    if len(along) <= CUT_OFFS:
        return range(len(along))
    found = np.searchsorted(along, np.linspace(along[0], along[-1], CUT_OFFS))
    return (int(each) for each in np.unique(np.minimum(found, len(along) - 1)))


def _measure_area(comparison: Comparison, metric: str) -> Level:
    return measure_level(comparison, comparison.plan(comparison.against_baseline(metric)), Where(), metric)


def _count_mistakes(comparison: Comparison) -> Confusion | None:
    decisions = comparison.challenger.decisions
    if decisions is None:
        return None
    known = comparison.config.data.target.names if comparison.config.task == "binary" else comparison.names.names
    classes = known or tuple(map(str, range(comparison.classes)))
    codes = (each.astype(np.intp) for each in (comparison.labels, decisions))
    return fold_classes(classes, confusion_matrix(*codes, labels=range(len(classes))))


def fold_classes(classes: Sequence[str], counts: NDArray[np.int64]) -> Confusion:
    """Keep the classes with the most mistakes, in their order; one line stands for all the others."""
    if len(classes) <= MOST_CLASSES:
        return Confusion(classes=tuple(classes), counts=_as_lines(counts))
    right = np.diag(counts)
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * right
    kept = np.sort(np.argsort(-mistakes, kind="stable")[: MOST_CLASSES - 1])
    group = np.full(len(classes), MOST_CLASSES - 1)
    group[kept] = np.arange(len(kept))
    folded = np.zeros((MOST_CLASSES, MOST_CLASSES), np.int64)
    np.add.at(folded, (group[:, None], group[None, :]), counts)
    others = len(classes) - len(kept)
    return Confusion(
        classes=(*(classes[place] for place in kept), f"{others:,} other classes"),
        counts=_as_lines(folded),
        folded=others,
        folded_mistakes=int(folded[-1, -1] - right[group == MOST_CLASSES - 1].sum()),
    )


def _as_lines(counts: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, counts.tolist()))


def _measure_errors(comparison: Comparison) -> Diagnostics:
    predicted, rows = comparison.challenger.scores, len(comparison.labels)
    codes, bins = cut_bins(predicted, ERROR_BINS)
    level = [np.flatnonzero(codes == code) for code in range(bins)]
    periods = cut_periods(comparison.frame, max(1, min(ERROR_BINS, rows // MIN_BIN_ROWS)))
    return Diagnostics(
        errors_by_prediction=tuple(_bin_errors(comparison, each) for each in level),
        errors_by_time=tuple(_bin_errors(comparison, each.rows, each) for each in periods),
    )


def _bin_errors(comparison: Comparison, rows: Rows, period: Chunk | None = None) -> ErrorBin:
    predicted, labels = comparison.challenger.scores[rows], comparison.labels[rows]
    p05, p25, p50, p75, p95 = np.quantile(predicted - labels, QUANTILES).tolist()
    return ErrorBin(
        rows=len(rows),
        predicted=float(predicted.mean()),
        time_from=period.time_from if period else None,
        time_to=period.time_to if period else None,
        quantiles=(p05, p25, p50, p75, p95),
    )
