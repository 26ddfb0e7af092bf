"""Which way a model goes with a feature: its mean score, had all rows one value of it.

Friedman, Greedy function approximation (2001); how rows differ in that, Goldstein et al., Peeking inside the black box
(2015). It asks a model about rows, so it works for each; values that features can't have together are asked about as
well, so of features that are closely correlated it says less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.evaluation.behaviour.samples import (
    Change,
    Sample,
    Subject,
    draw_rows,
    list_columns,
    score_changed,
)
from ratchet.metrics.arrays import Floats
from ratchet.records.behaviour import TURNS, Dependence, DependencePoint
from ratchet.records.columns import COMPARED, ColumnKind

FEATURES = 6
ROWS = 200  # whose mean settles within a tenth of how far they differ
VALUES = 11  # of a number: tenths of the rows
CATEGORIES = 8  # the most frequent
OUTER = 0.025  # share of the rows beyond the first and the last value: one outlier must not stretch the picture
MANY_MISSING = 0.02  # share of the rows from which being missing is a value of its own
STEADY = 0.9  # of all that a score moves, in one direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A value that all rows are given: a number, a category, or none."""

    number: float | None
    label: str
    value: object


def measure_dependences(
    every: Sample, subject: Subject, features: Sequence[str], classes: Sequence[str], *, seed: int
) -> tuple[Dependence, ...]:
    """Measure the leading features, on rows drawn at random: shares of classes stay as they are.

    Args:
        every: all rows of the holdout.
        subject: the model.
        features: the most important one first.
        classes: names of the classes, in the order of the scores; none for regression.
        seed: the same seed draws the same rows.
    """
    kinds = every.config.data.features
    wanted = [name for name in features if name in subject.features and kinds.get(name) in COMPARED][:FEATURES]
    asked = {name: list(choose_values(every.frame[name], kinds[name])) for name in wanted if name in every.frame}
    rows = every.take(draw_rows(every.labels, every.classes, wanted=ROWS, rarest=0, seed=seed))
    columns, place = list_columns(rows), np.arange(len(rows.labels))
    changes = [
        Change(column=name, rows=place, filled=_repeat(each.value, columns[name]))
        for name, values in asked.items()
        for each in values
    ]
    scores = iter(list(score_changed(subject, columns, changes)))
    return tuple(
        describe(name, kinds[name], values, np.stack([next(scores) for _ in values]), classes)
        for name, values in asked.items()
        if len(values) > 1
    )


def choose_values(column: pd.Series, kind: ColumnKind) -> Iterator[Asked]:
    """Choose what all rows are asked about: quantiles of a number, the most frequent categories, and none."""
    known = column.dropna()
    if kind == ColumnKind.NUMERIC:
        numbers = pd.to_numeric(known, errors="coerce").to_numpy(dtype=np.float64)
        for number in _spread_over(numbers[np.isfinite(numbers)]):
            yield Asked(number=number, label="", value=number)
    else:
        for value in known.value_counts().index[:CATEGORIES]:
            yield Asked(number=None, label=str(value), value=value)
    if len(known) and 1 - len(known) / len(column) >= MANY_MISSING:
        yield Asked(number=None, label="missing", value=np.nan if kind == ColumnKind.NUMERIC else None)


def _spread_over(numbers: Floats) -> list[float]:
    distinct = np.unique(numbers)
    if len(distinct) > VALUES:
        shares = np.linspace(OUTER, 1 - OUTER, VALUES)
        distinct = np.unique(np.quantile(numbers, shares, method="inverted_cdf"))
    return [float(each) for each in distinct]


def _repeat(value: object, like: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.full(len(like), value, dtype=like.dtype)


def describe(
    feature: str, kind: ColumnKind, values: Sequence[Asked], scores: Floats, classes: Sequence[str]
) -> Dependence:
    """Describe one feature.

    Args:
        feature: its name.
        kind: what its values are.
        values: what all rows were given.
        scores: a line a value and a column a row; of several classes one layer each.
        classes: their names.
    """
    of_class = None
    if scores.ndim > 2:
        leading = int(np.argmax(np.ptp(scores.mean(axis=1), axis=0)))
        scores, of_class = scores[:, :, leading], classes[leading]
    means = scores.mean(axis=1)
    apart = scores - scores.mean(axis=0)
    lower, upper = means.mean() + np.quantile(apart, (0.25, 0.75), axis=1)
    points = tuple(
        DependencePoint(number=each.number, label=each.label, mean=float(mean), lower=float(low), upper=float(high))
        for each, mean, low, high in zip(values, means, lower, upper, strict=True)
    )
    numbers = means[[each.number is not None for each in values]]
    return Dependence(
        feature=feature,
        kind=kind,
        of_class=of_class,
        rows=scores.shape[1],
        points=points,
        direction=name_direction(numbers) if len(numbers) > 1 else None,
    )


def name_direction(means: Floats) -> str:
    """Say where the mean score goes as a number grows."""
    steps = np.diff(means)
    moved = float(np.abs(steps).sum())
    if not moved:
        return "does not move"
    rising = float(steps[steps > 0].sum()) / moved
    if STEADY > rising > 1 - STEADY:
        return TURNS
    return "rises" if rising >= STEADY else "falls"
