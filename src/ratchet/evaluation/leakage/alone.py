"""One column by itself: what its values, its gaps or its most frequent value say about the target."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ratchet.evaluation.leakage.material import Bools, Column, Floats, Ints, Material, Side, as_codes
from ratchet.evaluation.leakage.questions import Questions, cut, find_edges, learn_rates
from ratchet.evaluation.leakage.relations import Made

EMPTY, FREQUENT = "is empty", "has its most frequent value"
RARE = 0.01  # a column that is empty, or filled, in fewer rows says nothing by it
JUDGE_ROWS = 6_000
MANY_VALUES = 20
STEPS = 10  # between the middles of two classes
GAP = 0.7  # of the values at the middles; a normal cause has no fewer between, a copy with 0.3 of noise half
TWO_KINDS = 0.03  # of roc_auc, which all values may add to two kinds of them; honest ones of 0.85 or 0.9 add 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """One column by itself.

    Attributes:
        name: the column.
        state: "is empty" or the like where only that is looked at, no text where its values are.
        is_flag: whether it has two values only, or one for each class, or values of two kinds.
        values: how many it has, missing left out.
        scores: what it says about the judged rows, a column a question.
        area: the area under the ROC curve, over the questions.
        made: what it is made of, of a column that the table does not have.
        is_partial: whether only the rows that have a value were asked.
        where: in which rows, where another column says it; no text where its own gaps do.
        is_graded: whether it is a number that goes through several classes without a gap, as their cause does.
        synergy: of a made column, what its parts tell together and not one by one.
    """

    name: str
    state: str
    is_flag: bool
    values: int
    scores: Floats
    area: float = 0.5
    made: Made | None = None
    is_partial: bool = False
    where: str = ""
    is_graded: bool = False
    synergy: float = 0.0

    @property
    def parts(self) -> tuple[str, ...]:
        """The table's columns that are in it."""
        return self.made.parts if self.made else (self.name,)

    @property
    def is_fitted(self) -> bool:
        """Whether it was fitted to the target, so that more may be asked of it."""
        return self.made is not None and self.made.is_sum

    @property
    def is_formula(self) -> bool:
        """Whether it was chosen among many formulas."""
        return self.made is not None and self.made.is_formula

    def area_of(self, scores: Floats, questions: Questions) -> float:
        """Return the area under the ROC curve of scores, counted over the questions as this column's own is."""
        return max(questions.list_areas(scores)) if self._is_best_of_many(questions) else questions.mean_area(scores)

    def area_beside(self, known: Floats, questions: Questions) -> float:
        """Return what its own is among rows that other scores hold for alike.

        Where the others leave nothing to tell, a copy of the target is known by its form: then it counts as it is.
        """
        told = [each for each in questions.list_areas_beside(self.scores, known) if each is not None]
        if not told:
            return self.area if self.is_flag and not self.state else 0.5
        return float(max(told) if self._is_best_of_many(questions) else np.mean(told))

    def _is_best_of_many(self, questions: Questions) -> bool:
        """Tell whether only its best answer counts: two values can answer one question of several."""
        return questions.classes != 2 and (bool(self.state) or self.values <= 2)


def look_at(material: Material, name: str, questions: Questions) -> list[Alone]:
    """Ask a column by its values, by its gaps and by its most frequent value, as far as these differ."""
    train = material.train.values[name][questions.learners]
    judged = material.validation.values[name][questions.judged]
    if not np.isfinite(train).any():
        return []
    states = ((EMPTY, np.isnan(train), np.isnan(judged)), (FREQUENT, *_is_most_frequent(train, judged)))
    return [
        look_at_values(material, name, questions),
        *(
            _measure(name, questions, (learnt.astype(np.int64), other.astype(np.int64)), state=state)
            for state, learnt, other in states
            if RARE < learnt.mean() < 1 - RARE
        ),
    ]


def look_at_values(material: Material, name: str, questions: Questions) -> Alone:
    """Ask a column by its values."""
    train = material.train.values[name][questions.learners]
    judged = material.validation.values[name][questions.judged]
    if material.is_category(name):
        alone = _measure(name, questions, (as_codes(train), as_codes(judged)))
        return replace(alone, is_flag=alone.is_flag or _is_written_in_many_ways(alone, questions))
    alone = _measure(name, questions, _cut_alike(train.astype(np.float64), judged.astype(np.float64)))
    return replace(alone, is_graded=not alone.is_flag and _is_graded(train.astype(np.float64), questions))


def _is_graded(values: Floats, questions: Questions) -> bool:
    """Tell whether values stand as close between the classes as within them: of several classes, and many values."""
    known = np.isfinite(values)
    if questions.classes <= 2 or len(np.unique(values[known])) <= MANY_VALUES:
        return False
    answers = questions.learnt[known][:, questions.usable].astype(bool)
    middles = np.unique([np.median(values[known][rows]) for rows in answers.T])
    return not any(_has_gap(values[known], low, high) for low, high in pairwise(middles))


def _has_gap(values: Floats, low: float, high: float) -> bool:
    """Tell whether fewer values stand between the middles of two classes than at either of them."""
    step = (high - low) / STEPS
    near = values[(values >= low - step) & (values < high + step)]
    distinct, counts = np.unique(near, return_counts=True)
    if len(distinct) > 2 * STEPS:  # of few values each is a step
        counts = np.histogram(near, bins=np.linspace(low - step, high + step, STEPS + 3))[0]
    beside = counts[:-1] + counts[1:]
    return len(beside) > 2 and bool(beside[1:-1].min() < GAP * min(beside[0], beside[-1]))


def look_at_made(made: Made, questions: Questions) -> Alone:
    """Ask a column that is made of others."""
    sides = made.train[questions.learners], made.validation[questions.judged]
    codes = (sides[0].astype(np.int64), sides[1].astype(np.int64)) if made.is_code else _cut_alike(*sides)
    return replace(_measure(made.what, questions, codes, state="holds" if made.is_flag else ""), made=made)


def read_codes(material: Material, alone: Alone, side: Side, rows: Ints) -> Ints:
    """Return the codes of a column, or of a made one, in some rows of train or validation."""
    train = alone.made.train if alone.made else material.train.values[alone.name]
    values = train if side is material.train else _validated(material, alone)
    if not alone.made and material.is_category(alone.name):
        return as_codes(values[rows])
    return cut(values[rows].astype(np.float64), find_edges(train.astype(np.float64)))


def _validated(material: Material, alone: Alone) -> Column:
    return alone.made.validation if alone.made else material.validation.values[alone.name]


def _is_most_frequent(train: Column, judged: Column) -> tuple[Bools, Bools]:
    """Tell where a column has its most frequent value: a flag may be written as an amount that is zero for others."""
    some = train[:: max(1, len(train) // JUDGE_ROWS)]
    values, counts = np.unique(some[np.isfinite(some)], return_counts=True)
    most_frequent = values[counts.argmax()] if len(values) > 2 else np.nan
    return train == most_frequent, judged == most_frequent


def _cut_alike(train: Floats, judged: Floats) -> tuple[Ints, Ints]:
    edges = find_edges(train)
    return cut(train, edges), cut(judged, edges)


def _measure(name: str, questions: Questions, codes: tuple[Ints, Ints], *, state: str = "") -> Alone:
    learnt, judged = codes
    alone = Alone(
        name=name,
        state=state,
        is_flag=bool(state) or _is_flag(learnt, questions),
        values=len(np.unique(learnt[learnt > 0])),
        scores=learn_rates(learnt, questions.learnt)(judged),
    )
    return replace(alone, area=alone.area_of(alone.scores, questions))


def _is_written_in_many_ways(alone: Alone, questions: Questions) -> bool:
    """Tell whether values fall into two kinds that say all there is, as texts do that hold a verdict.

    Numbers are not asked: what begins at an age or an amount is an honest rule.
    """
    if questions.classes != 2:
        return False
    is_likely = alone.scores > questions.learnt.mean()
    return questions.mean_area(is_likely.astype(np.float64)) > alone.area - TWO_KINDS


def _is_flag(codes: Ints, questions: Questions) -> bool:
    """Tell whether a column has two values, or a value for each class as a copy of the target would."""
    counts = np.bincount(codes[codes > 0])
    values = np.flatnonzero(counts)
    if len(values) <= 2:
        return True
    if len(values) != questions.learnt.shape[1] or questions.classes <= 2:
        return False
    rates = np.column_stack([np.bincount(codes, weights=column) for column in questions.learnt.T])[values]
    return len(set(rates.argmax(axis=1).tolist())) == len(values)
