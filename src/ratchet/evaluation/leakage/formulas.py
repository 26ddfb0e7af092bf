"""Formulas of two to five columns that say far more of the target than any of these columns does.

What was paid, over balance and months, is a rate; an end less a begin is a length; a fee beside what others of the same
plan pay is a discount. Trees see such things badly, and each column alone says next to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ratchet.evaluation.leakage.material import Floats, Ints, Material, as_codes, draw
from ratchet.evaluation.leakage.questions import Questions, mean_area_of_codes

SCREEN_ROWS = 2_500  # an area among them errs by a hundredth; what is found is judged on other rows
MOST_NUMBERS = 24  # 276 pairs of four formulas
MOST_CATEGORIES = 4  # of few values, beside whose means numbers are held
MOST_KINDS = 200
MOST_KEPT = 12  # to which a further column is added
MOST_STEPS = 4  # after the first column
GROWS = 0.02  # by which the best gain grows, or no further column is looked for
MOST_FORMULAS = 4  # are judged
WORTH = 0.6  # roc_auc below which no formula is looked at again
GAIN = 0.1
STEP_GAIN = 0.015  # over the same formula without its last column
POSITIVE = 0.99  # of the rows: such columns are multiplied, divided, and compared in times

Columns = Mapping[str, Floats]
BESIDE = "beside the mean by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A column, and what is done with it one after another.

    Attributes:
        first: the column.
        steps: a sign and the column that it is done with.
        area: the area under the ROC curve on the rows that were looked at.
        gain: what it tells more than its columns do one by one, as `synergy` counts it.
    """

    first: str
    steps: tuple[tuple[str, str], ...] = ()
    area: float = 0.5
    gain: float = 0.0

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns in it."""
        return (self.first, *(name for _, name in self.steps))

    def __str__(self) -> str:
        """Write it down."""
        text = repr(self.first)
        for sign, name in self.steps:
            text = f"({text}) {sign} {name!r}" if " " in text else f"{text} {sign} {name!r}"
        return text

    def apply(self, columns: Columns) -> Floats:
        """Compute it."""
        value = columns[self.first]
        for sign, name in self.steps:
            value = _do(value, sign, columns[name])
        return value


def find_formulas(material: Material, questions: Questions) -> list[Formula]:
    """Return the formulas that say far more than their columns, best ones first, no two of the same columns."""
    chosen = draw(len(material.train), SCREEN_ROWS, material.seed)
    answers = questions.learnt[chosen][:, questions.usable]
    columns = {name: values[chosen].astype(np.float64) for name, values in material.train.values.items()}
    numbers = [name for name in material.numbers if _varies(columns[name])][:MOST_NUMBERS]
    categories = [name for name in material.features if material.is_category(name) and _repeats(columns[name])]
    alone = dict(zip(numbers, _screen([columns[name] for name in numbers], answers), strict=True))
    alone |= {name: mean_area_of_codes(as_codes(columns[name]), answers) for name in categories}
    latest = _measure(_list_pairs(columns, numbers, categories[:MOST_CATEGORIES]), columns, answers, alone)
    found, best = [*latest], 0.0
    while latest and len(latest[-1].steps) < MOST_STEPS and _best_gain(latest) > best + GROWS:
        best = _best_gain(latest)
        kept = sorted(latest, key=lambda each: -each.gain)[:MOST_KEPT]
        longer = _list_longer(kept, columns, numbers, categories[:MOST_CATEGORIES])
        latest = _measure(longer, columns, answers, alone)
        found += latest
    return _choose([each for each in found if each.area >= WORTH and each.gain >= GAIN])


def _best_gain(formulas: Sequence[Formula]) -> float:
    return max((each.gain for each in formulas), default=0.0)


def measure_synergy(together: float, alone: Sequence[float]) -> float:
    """Return what columns tell together beyond the sum of what they tell alone, as shares of a hidden normal variable.

    Independent causes add up to what they tell together: this is 0. It is large where columns tell next to nothing, and
    what they have in common cancels out of the formula.
    """
    return _as_share(together) - sum(map(_as_share, alone))


def _as_share(area: float) -> float:
    """Return the squared correlation of two normal variables, one of which ranks the other's halves so well."""
    return float(np.sin(np.pi * (max(area, 0.5) - 0.5)) ** 2)


def _varies(values: Floats) -> bool:
    return len(np.unique(values[np.isfinite(values)])) > 1


def _repeats(codes: Floats) -> bool:
    return 1 < len(np.unique(codes[np.isfinite(codes)])) <= MOST_KINDS


def _is_positive(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known)) and float((known >= 0).mean()) >= POSITIVE


def _list_pairs(columns: Columns, numbers: Sequence[str], categories: Sequence[str]) -> Iterator[Formula]:
    for one, other in combinations(numbers, 2):
        for sign in _signs(columns[one], columns[other]):
            yield Formula(first=one, steps=((sign, other),))
    for one in numbers:
        for other in categories:
            yield Formula(first=one, steps=((BESIDE, other),))


def _list_longer(
    pairs: Sequence[Formula], columns: Columns, numbers: Sequence[str], categories: Sequence[str]
) -> Iterator[Formula]:
    for pair in pairs:
        value = pair.apply(columns)
        further = [(sign, name) for name in numbers for sign in _signs(value, columns[name])]
        for sign, name in (*further, *((BESIDE, name) for name in categories)):
            if name not in pair.parts:
                yield Formula(first=pair.first, steps=(*pair.steps, (sign, name)), area=pair.area)


def _signs(one: Floats, other: Floats) -> tuple[str, ...]:
    return ("-", "+", "/", "*") if _is_positive(one) and _is_positive(other) else ("-", "+")


def _do(one: Floats, sign: str, other: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if sign == "-":
            return one - other
        if sign == "+":
            return one + other
        if sign == "*":
            return one * other
        return np.where(other != 0, one / other, np.nan) if sign == "/" else _hold_beside(one, as_codes(other))


def _hold_beside(values: Floats, codes: Ints) -> Floats:
    """Return how far values are from the mean of their category, in times where all are positive."""
    shown = np.log(np.where(values > 0, values, np.nan)) if _is_positive(values) else values
    known = np.isfinite(shown)
    counts = np.bincount(codes[known], minlength=int(codes.max(initial=0)) + 1)
    sums = np.bincount(codes[known], weights=shown[known], minlength=len(counts))
    return shown - (sums / np.maximum(counts, 1))[codes]


def _measure(
    formulas: Iterator[Formula], columns: Columns, answers: Floats, alone: Mapping[str, float]
) -> list[Formula]:
    """Measure each; what a further column adds nothing to is left out."""
    every = list(formulas)
    areas = _screen([each.apply(columns) for each in every], answers)
    return [
        Formula(
            first=each.first,
            steps=each.steps,
            area=area,
            gain=measure_synergy(area, [alone[name] for name in each.parts]),
        )
        for each, area in zip(every, areas, strict=True)
        if len(each.steps) == 1 or area >= each.area + STEP_GAIN
    ]


def _screen(values: Sequence[Floats], answers: Floats) -> list[float]:
    """Return the area under the ROC curve of each column, either way up, over the questions."""
    if not values:
        return []
    ranks = _rank(np.column_stack(values))
    folded = _rank(np.abs(ranks - len(ranks) / 2))  # what stands apart, on either side
    best = np.maximum(_mean_area(ranks, answers), _mean_area(folded, answers))
    return [float(each) for each in best]


def _rank(values: Floats) -> Floats:
    ranks = np.empty(values.shape)
    order = np.argsort(np.where(np.isfinite(values), values, np.inf), axis=0)
    np.put_along_axis(ranks, order, np.arange(1.0, len(values) + 1)[:, None], axis=0)
    return ranks


def _mean_area(ranks: Floats, answers: Floats) -> Floats:
    positives = answers.sum(axis=0)
    won = ranks.T @ answers - positives * (positives + 1) / 2
    areas = won / np.maximum(positives * (len(answers) - positives), 1)
    return np.asarray(0.5 + np.abs(areas - 0.5).mean(axis=1))


def _choose(formulas: Sequence[Formula]) -> list[Formula]:
    chosen: list[Formula] = []
    for each in sorted(formulas, key=lambda each: -each.gain):
        if all(set(each.parts) != set(other.parts) for other in chosen):
            chosen.append(each)
        if len(chosen) == MOST_FORMULAS:
            break
    return chosen
