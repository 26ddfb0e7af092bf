"""Measure the base rate by part and over time, and find where it changes: shares of classes, or of a number's range."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.label_steps import Step, find_step, turn
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.records.label_rates import LabelRates, LabelShift, PartGap, Rates
from ratchet.timeline import Moment, to_moment

PARTS = ("train", "validation", "holdout")
QUANTILES = (0.1, 0.5, 0.9)
COMMON = 0.02  # share of the rows from which one value of a number is counted by itself
MOST_CLASSES = 12  # the most frequent ones
SHOWN_BLOCKS, FEWEST_ROWS = 24, 50  # of the rows over time: how many, and rows of each
TRACED = 20  # rows of a stretch of training that is held against a part, at least

Positions = NDArray[np.int64]
# Rows before a change and rows since, and whether each row has the label: the share since that the inputs let expect.
Expect = Callable[[Positions, Positions, Floats], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRows:
    """The rows of all parts.

    Attributes:
        labels: codes of classes, or values.
        parts: of each row, its place in `PARTS`.
        moments: of each row, as `timeline` counts them.
        groups: of each row, the group that it belongs to; None where rows stand alone.
        is_ordered: whether the order of moments means anything.
        has_clock: whether moments are times.
    """

    labels: Floats
    parts: Positions
    moments: Positions
    groups: Positions | None
    is_ordered: bool
    has_clock: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A label that is counted: its name, 1 for each row that has it, and whether it is no part of a number's range."""

    name: str
    hits: Floats
    is_class: bool = True


def measure_label_rates(
    task: Task, classes: Sequence[str], rows: LabelledRows, expect: Expect, *, change: Moment | None = None
) -> LabelRates:
    """Measure the shares of labels by part and over time.

    Args:
        task: the model's.
        classes: the target's, the positive one last for binary.
        rows: the rows of all parts.
        expect: what the inputs let expect; asked only where a change is found.
        change: the moment since which the champion is known to have lost.
    """
    order = np.argsort(rows.moments, kind="stable")
    counted = _count(task, classes, rows.labels)
    parts = tuple(_describe(task, counted, rows, np.flatnonzero(rows.parts == code), name) for code, name in _codes())
    rates = LabelRates(names=tuple(each.name for each in counted), parts=parts, change=change)
    compared = [each for each in counted if each.is_class or not rows.is_ordered]  # a number may drift
    gaps = tuple(_find_gap(compared, rows, order, code) for code in (1, 2)) if compared else ()
    if not rows.is_ordered:
        return replace(rates, gaps=gaps)
    edges = np.linspace(0, len(order), max(min(SHOWN_BLOCKS, len(order) // FEWEST_ROWS), 1) + 1).round().astype(int)
    blocks = tuple(_describe(task, counted, rows, order[low:high], "") for low, high in pairwise(edges))
    found = ((each, find_step(each.hits[order], is_class=each.is_class)) for each in counted)
    shifts = tuple(_describe_shift(each, step, rows, order, expect) for each, step in found if step is not None)
    return replace(rates, blocks=blocks, shifts=shifts, gaps=gaps)


def _codes() -> list[tuple[int, str]]:
    return list(enumerate(PARTS))


def _count(task: Task, classes: Sequence[str], labels: Floats) -> list[Counted]:
    """Give what is counted; of a number where it lies among all, and its commonest value."""
    if task == "binary":
        return [Counted(classes[-1], (labels == 1).astype(np.float64))]
    if task == "multiclass":
        counts = np.bincount(labels.astype(int), minlength=len(classes))
        often = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        return [Counted(classes[code], (labels == code).astype(np.float64)) for code in often]
    cuts = np.unique(np.quantile(labels, QUANTILES))
    counted = [Counted(f"above {cut:.4g}", (labels > cut).astype(np.float64), is_class=False) for cut in cuts]
    values, counts = np.unique(labels, return_counts=True)
    if counts.max() >= COMMON * len(labels):
        value = values[counts.argmax()]
        counted.append(Counted(f"equal to {value:.4g}", (labels == value).astype(np.float64), is_class=False))
    return counted


def _describe(task: Task, counted: Sequence[Counted], rows: LabelledRows, chosen: Positions, name: str) -> Rates:
    shares = tuple(float(each.hits[chosen].mean()) if len(chosen) else 0.0 for each in counted)
    rates = Rates(name=name, rows=len(chosen), shares=shares)
    if rows.is_ordered and len(chosen):
        first, last = int(rows.moments[chosen].min()), int(rows.moments[chosen].max())
        ends = (to_moment(each, has_clock=rows.has_clock) for each in (first, last))
        rates = replace(rates, begin=next(ends), end=next(ends))
    if task != "regression" or not len(chosen):
        return rates
    values = rows.labels[chosen]
    quantiles = tuple(float(each) for each in np.quantile(values, QUANTILES))
    return replace(rates, mean=float(values.mean()), quantiles=quantiles)


def _describe_shift(counted: Counted, step: Step, rows: LabelledRows, order: Positions, expect: Expect) -> LabelShift:
    since = order[step.at :]
    trained = rows.parts == 0
    is_since = np.zeros(len(order), dtype=bool)
    is_since[since] = True
    return LabelShift(
        label=counted.name,
        is_sudden=step.is_sudden,
        at=to_moment(int(rows.moments[since[0]]), has_clock=rows.has_clock),
        rows_before=step.at,
        rows_after=len(since),
        learnt=float((is_since & trained).sum() / max(trained.sum(), 1)),
        before=step.before,
        after=step.after,
        expected=expect(order[: step.at], since, counted.hits) if step.is_sudden else None,
    )


def _find_gap(counted: Sequence[Counted], rows: LabelledRows, order: Positions, code: int) -> PartGap:
    gaps = [_measure_gap(each, rows, order, code) for each in counted]
    return max(gaps, key=lambda gap: abs(gap.effect))


def _measure_gap(counted: Counted, rows: LabelledRows, order: Positions, code: int) -> PartGap:
    """Compare a part with the training rows; rows of one group count as alike as they are."""
    train, other = rows.parts == 0, rows.parts == code
    sizes = np.array([train.sum(), other.sum()], dtype=np.float64)
    found = np.array([counted.hits[train].sum(), counted.hits[other].sum()])
    turned = turn(found, sizes)
    excess = max(_measure_excess(counted, rows, order[part[order]]) for part in (train, other))
    return PartGap(
        part=PARTS[code],
        label=counted.name,
        train=float(found[0] / max(sizes[0], 1)),
        other=float(found[1] / max(sizes[1], 1)),
        effect=float(2 * (turned[1] - turned[0])),
        standard_error=float(np.sqrt(excess * (1 / np.maximum(sizes, 1)).sum())),
        is_known=rows.is_ordered and _was_there(counted.hits[order][train[order]], found / np.maximum(sizes, 1), sizes),
    )


def _measure_excess(counted: Counted, rows: LabelledRows, part: Positions) -> float:
    """Return how many times as much the share of a part varies as rows that stand alone would let it.

    Rows of a group are alike, and so are neighbours in time: as a first-order autoregression of their labels is.
    """
    hits = counted.hits[part]
    errors = hits - hits.mean() if len(hits) else hits
    variance = float((errors**2).sum())
    excess = 1.0
    if variance <= 0:
        return excess
    if rows.is_ordered:
        alike = float((errors[1:] * errors[:-1]).sum()) / variance
        excess = max(excess, (1 + alike) / max(1 - alike, 1 / len(hits)))
    if rows.groups is not None:
        sums = np.bincount(np.unique(rows.groups[part], return_inverse=True)[1], weights=errors)
        excess = max(excess, float((sums**2).sum()) / variance * len(sums) / max(len(sums) - 1, 1))
    return excess


def _was_there(trained: Floats, shares: Floats, sizes: Floats) -> bool:
    """Tell whether some stretch of the training rows, as long as the part, had its share or one beyond."""
    width = int(min(max(sizes[1], TRACED), len(trained) // 2))
    if width < TRACED:
        return False
    sums = np.concatenate([[0.0], np.cumsum(trained)])
    stretches = (sums[width:] - sums[:-width]) / width
    return bool(stretches.max() >= shares[1] if shares[1] > shares[0] else stretches.min() <= shares[1])
