"""Cases that the YAML names: rows with an expected score, columns that a score must follow or must not depend on."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

import numpy as np
import pandas as pd

from ratchet.config.behaviour import Case, Invariant, Monotone, Value
from ratchet.errors import DataError, RatchetError, did_you_mean
from ratchet.evaluation.behaviour.samples import Change, Sample, Subject, draw_rows, list_columns, score_changed
from ratchet.metrics.arrays import Floats
from ratchet.records.behaviour import CaseFinding
from ratchet.records.columns import NUMBERS

STEPS = 9  # values that a column is swept over: enough to find a turn, and 9 times the rows to score
CASE_ROWS = 500  # that a column is swept on: a share of 5 % is known within 2 %
COLUMNS_AT_ONCE = 8  # of the training rows, which are far more than the holdout
COMMON = (0.05, 0.95)  # between these quantiles: beyond them trees and data have nothing to say


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInputs:
    """What cases are measured with.

    Attributes:
        sample: rows of the holdout.
        subject: the model.
        classes: the target's classes, in the order of the scores.
        typical: each feature's median or commonest value in the training rows.
        seed: the same seed swaps the same values.
    """

    sample: Sample
    subject: Subject
    classes: tuple[str, ...]
    typical: Mapping[str, Value]
    seed: int

    def draw(self) -> Self:
        """Return the same with as many rows as columns are swept on."""
        sample = self.sample
        rows = draw_rows(sample.labels, sample.classes, wanted=CASE_ROWS, rarest=0, seed=self.seed)
        return replace(self, sample=sample.take(rows))


def find_typical(features: Mapping[str, str], read: Callable[[list[str]], pd.DataFrame]) -> Iterator[tuple[str, Value]]:
    """Give each feature's median or commonest value, some columns in memory at a time.

    Args:
        features: with the kind of each.
        read: gives some columns of the training rows.
    """
    names = iter(features)
    while some := list(islice(names, COLUMNS_AT_ONCE)):
        frame = read(some)
        for name in some:
            yield name, _typical_value(frame[name], features[name])


def measure_cases(inputs: CaseInputs) -> tuple[CaseFinding, ...]:
    """Measure every case of the YAML; what can't be scored says why."""
    plan = inputs.sample.config.behaviour
    rules: tuple[Case | Monotone | Invariant, ...] = (*plan.cases, *plan.monotone, *plan.invariant)
    return tuple(_measure(inputs, name, rule) for name, rule in zip(plan.names, rules, strict=True))


def _measure(inputs: CaseInputs, name: str, rule: Case | Monotone | Invariant) -> CaseFinding:
    try:
        if isinstance(rule, Case):
            return CaseFinding(name=name, measured=score_case(inputs, rule), rows=1)
        moves = sweep(inputs, rule) if isinstance(rule, Monotone) else swap(inputs, rule)
    except RatchetError as error:
        return CaseFinding(name=name, problem=str(error))
    return _sum_up(inputs, name, rule, moves)


def score_case(inputs: CaseInputs, case: Case) -> float:
    """Score the row of a case.

    Raises:
        DataError: the row can't be scored, its class is none of the target's, or the score is no finite number.
    """
    row = {**inputs.typical, **case.row}
    scores = inputs.subject.score(pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in row.items()}))
    score = float(_of_class(inputs, scores, case.of)[0])
    if not math.isfinite(score):
        raise DataError("the score is not a finite number")
    return score


def sweep(inputs: CaseInputs, rule: Monotone) -> Floats:
    """Return how far each row's score moves the wrong way at most, while its column goes over its common values."""
    columns = list_columns(inputs.sample)
    rows = np.arange(len(inputs.sample.labels))
    numbers = pd.to_numeric(pd.Series(columns[rule.column]), errors="coerce")
    values = numbers[np.isfinite(numbers)]
    grid = np.unique(values.quantile(np.linspace(*COMMON, STEPS))) if len(values) else np.empty(0)
    if len(grid) < 2:
        raise DataError(f"column '{rule.column}' has fewer than two values to go over")
    changes = [Change(column=rule.column, rows=rows, filled=np.full(len(rows), value)) for value in grid]
    columns[rule.column] = columns[rule.column].astype(np.float64)
    scored = [_of_class(inputs, each, rule.of) for each in score_changed(inputs.subject, columns, changes)]
    rising = np.column_stack(scored) * (1 if rule.direction == "increasing" else -1)
    # from the highest score so far down to where it is now
    falls: Floats = (np.maximum.accumulate(rising, axis=1) - rising).max(axis=1)
    return falls


def swap(inputs: CaseInputs, rule: Invariant) -> Floats:
    """Return how far each row's score moves when it gets another row's value of a column."""
    columns = list_columns(inputs.sample)
    values = columns[rule.column]
    swapped = values[np.random.default_rng(inputs.seed).permutation(len(values))]
    change = Change(column=rule.column, rows=np.arange(len(values)), filled=swapped)
    before = inputs.subject.score(inputs.sample.frame)
    (after,) = score_changed(inputs.subject, columns, [change])
    moves = np.abs(after - before)
    farthest: Floats = moves if moves.ndim == 1 else moves.max(axis=1)
    is_same = (values == swapped) | (pd.isna(values) & pd.isna(swapped))
    if is_same.all():
        raise DataError(f"column '{rule.column}' has one value only: nothing to swap")
    moved: Floats = farthest[~is_same]
    return moved


def _sum_up(inputs: CaseInputs, name: str, rule: Monotone | Invariant, moves: Floats) -> CaseFinding:
    scores = inputs.subject.score(inputs.sample.frame)
    low, high = np.quantile(scores, COMMON, axis=0)
    spread = float(np.max(high - low))
    if not (math.isfinite(spread) and np.isfinite(moves).all()):
        return CaseFinding(name=name, rows=len(moves), problem="some scores are not finite numbers")
    return CaseFinding(
        name=name,
        measured=float((moves > rule.tolerance * spread).mean()),
        rows=len(moves),
        worst=float(moves.max()) / spread if spread > 0 else None,
    )


def _of_class(inputs: CaseInputs, scores: Floats, name: str | None) -> Floats:
    """Return the scores of one class; of a task with one score a row, these."""
    if scores.ndim == 1:
        return scores
    if name not in inputs.classes:
        raise DataError(f"`of: {name}` is none of the classes{did_you_mean(str(name), inputs.classes)}")
    of_class: Floats = scores[:, inputs.classes.index(name)]
    return of_class


def _typical_value(column: pd.Series, kind: str) -> Value:
    if kind in NUMBERS:
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        known = numbers[np.isfinite(numbers)]
        return float(known.median()) if len(known) else None
    counts = column.value_counts()
    if counts.empty:
        return None
    return bool(counts.index[0]) if kind == "boolean" else str(counts.index[0])
