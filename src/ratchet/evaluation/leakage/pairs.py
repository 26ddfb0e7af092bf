"""Two columns of few values as one: each may say nothing of the target, and both together everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side, draw
from ratchet.evaluation.leakage.powers import area_of_codes
from ratchet.evaluation.leakage.questions import Questions
from ratchet.evaluation.leakage.relations import Made

SEEN_ROWS = 4_000
FEW = 7  # values of a column, or only its gaps are looked at: 64 pairs with these, which no bin puts together
RARE = 0.01  # gaps, or values, in fewer rows say nothing
MOST_COLUMNS = 24  # 276 pairs
MOST_PAIRS = 3  # are judged
TOGETHER = 0.85  # roc_auc on the rows it was learnt from, below which no pair is looked at again
GAIN = 0.05  # over either column alone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Few:
    """A column as a few codes: its values, or whether it has one."""

    name: str
    train: Ints
    validation: Ints


def make_pairs(material: Material, questions: Questions) -> Iterator[Made]:
    """Give the pairs that say far more than either of their columns."""
    chosen = draw(len(material.train), SEEN_ROWS, material.seed)
    columns = list(islice(_list_few(material, chosen), MOST_COLUMNS))
    answers = questions.learnt[chosen][:, questions.usable]
    alone = {each.name: _mean_area(each.train[chosen], answers) for each in columns}
    found = []
    for one, other in combinations(columns, 2):
        together = _mean_area(_join(one.train, other.train)[chosen], answers)
        if together > max(TOGETHER, alone[one.name] + GAIN, alone[other.name] + GAIN):
            found.append((together, one, other))
    for _, one, other in sorted(found, key=lambda each: -each[0])[:MOST_PAIRS]:
        yield Made(
            what="the pair",
            parts=(one.name, other.name),
            train=_join(one.train, other.train).astype(np.float64),
            validation=_join(one.validation, other.validation).astype(np.float64),
        )


def _list_few(material: Material, chosen: Ints) -> Iterator[_Few]:
    for name in material.features:
        some = material.train.values[name][chosen]
        has_value = np.isfinite(some)
        values = np.unique(some[has_value]).astype(np.float64)
        if 1 < len(values) <= FEW:
            yield _encode(material, name, values)
        elif len(values) > 1 and RARE < has_value.mean() < 1 - RARE:
            yield _encode(material, name, values[:1])


def _encode(material: Material, name: str, values: Floats) -> _Few:
    """Number the values from 1 on, 0 for none; of one value only whether there is any."""

    def encode(side: Side) -> Ints:
        column = side.values[name]
        if len(values) == 1:
            return np.isfinite(column).astype(np.int64)
        return np.where(np.isfinite(column), np.searchsorted(values, column, side="right"), 0).astype(np.int64)

    return _Few(name=name, train=encode(material.train), validation=encode(material.validation))


def _join(one: Ints, other: Ints) -> Ints:
    return one * (FEW + 1) + other


def _mean_area(codes: Ints, answers: Floats) -> float:
    return float(np.mean([area_of_codes(codes, column) for column in answers.T]))
