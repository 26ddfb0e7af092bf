"""Columns made of others: plain sums that part the classes, equations that hold for some rows, what they leave over.

Trees see a sum of columns badly, and an equation not at all. So each is made a column of its own, and judged as one.

Two columns of few values as one: each may say nothing of the target, and both together everything.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from ratchet.errors import list_names
from ratchet.evaluation.leakage.formulas import find_formulas
from ratchet.evaluation.leakage.material import Bools, Column, Floats, Ints, Material, Side, draw
from ratchet.evaluation.leakage.questions import Questions, mean_area_of_codes

FIT_ROWS = 8_000
SEEN_ROWS = 400  # an equation that holds for one row in twenty is seen twenty times
MOST_NUMBERS = 24  # every pair is compared with every other column: 6,000 comparisons
MOST_EQUATIONS = 12  # are judged; the ones that hold most often come first
FEWEST_VALUES = 10  # of a column, or it is no amount
HOLDS = (0.05, 0.98)  # of the rows: a rule for all tells nobody from another
SAME = 1e-6  # of the values
ROWS_A_COLUMN = 50  # for weights that can be told from one another
MATTERS = 0.2  # of the largest weight, in standard deviations
UNIT = 1.3  # times: weights in the columns' own units that count as equal
MOST_PARTS = 20
LITTLE_LEFT = 0.02  # of a column's variance, from which the others nearly give it
LITTLE_LEFT_IN_TIMES = 0.2  # an instalment is nearly amount over term: the rate moves it by its third
NOTHING_LEFT = 1e-9
POSITIVE = 0.99  # of the rows, of columns that are multiplied
PAIR_ROWS = 4_000
SPARSE = (0.005, 0.6)  # of the rows have a value that is not 0
LEANS = 5.0  # standard errors
FEW = 15  # values of a column, or only its gaps are looked at: 256 pairs, each with 16 of the rows looked at
RARE = 0.01  # gaps, or values, in fewer rows say nothing
MOST_COLUMNS = 24  # 276 pairs
MOST_PAIRS = 3  # are judged
TOGETHER = 0.85  # roc_auc on the rows it was learnt from, below which no pair is looked at again
GAIN = 0.05  # over either column alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A column that is made of others.

    Attributes:
        what: in words.
        parts: the columns it is made of.
        train: its values in train.
        validation: its values in validation.
        is_flag: whether it only says if something holds.
        is_sum: whether it is a sum whose weights were fitted to the target.
        is_code: whether its values are codes of pairs, which no bin may put together.
        is_formula: whether it was chosen among many formulas for what it says of the target.
    """

    what: str
    parts: tuple[str, ...]
    train: Floats
    validation: Floats
    is_flag: bool = False
    is_sum: bool = False
    is_code: bool = False
    is_formula: bool = False


def make_columns(material: Material, questions: Questions) -> Iterator[Made]:
    """Give sums that were fitted to the classes, equations that hold for some rows, and what near-equations leave."""
    values = {name: _count_values(material.train.values[name]) for name in material.numbers}
    any_values = [name for name, count in values.items() if count > 1][:MOST_NUMBERS]
    names = [name for name in any_values if values[name] >= FEWEST_VALUES]
    if len(names) > 1:
        yield from _make_sums(material, questions, names)
        yield from _make_flags(material, any_values, [name in names for name in any_values])
        yield from _make_rests(material, names)


def _count_values(values: Column) -> int:
    some = values[:: max(1, len(values) // SEEN_ROWS)]
    return len(np.unique(some[np.isfinite(some)]))


def _stack(side: Side, names: Sequence[str]) -> Floats:
    return np.column_stack([side.values[name].astype(np.float64) for name in names])


def _combine(material: Material, names: Sequence[str], weights: Floats, what: str, *, is_sum: bool = False) -> Made:
    train, validation = (_stack(side, names) @ weights for side in (material.train, material.validation))
    return Made(parts=tuple(names), train=train, validation=validation, what=what, is_sum=is_sum)


# --- sums -----------------------------------------------------------------------------------------


def _make_sums(material: Material, questions: Questions, names: Sequence[str]) -> Iterator[Made]:
    """Give sums and differences, all parts of one weight: a verdict over points, a balance; nothing else adds so."""
    chosen = draw(len(material.train), FIT_ROWS, material.seed)
    columns = _stack(material.train, names)[chosen]
    whole = np.isfinite(columns).all(axis=1)
    if whole.sum() < ROWS_A_COLUMN * len(names):
        return
    labels = material.train.labels[chosen][whole]
    answers = questions.learnt[chosen][whole][:, questions.usable] if material.classes else labels[:, None]
    for signs in sorted({_find_signs(columns[whole], each) for each in answers.T} - {()}):
        parts = [name for name, sign in zip(names, signs, strict=True) if sign]
        yield _combine(
            material, parts, np.array(signs, dtype=np.float64)[np.flatnonzero(signs)], "the sum", is_sum=True
        )


def _find_signs(columns: Floats, answers: Floats) -> tuple[int, ...]:
    """Return +1, -1 or 0 a column where the fitted weights are all the same but for their signs; else nothing."""
    matters = np.arange(columns.shape[1])
    for _ in range(2):  # fitted once more with what matters alone
        weights = _fit_weights(columns[:, matters], answers)
        spread = columns[:, matters].std(axis=0)
        size = np.abs(weights * spread)
        kept = size >= MATTERS * size.max()
        matters, weights = matters[kept], weights[kept]
    if not 2 <= len(matters) <= MOST_PARTS or not _are_equal(np.abs(weights)):
        return ()
    signs = np.zeros(columns.shape[1], dtype=np.int64)
    signs[matters] = np.sign(weights) * np.sign(weights[0])
    return tuple(signs.tolist())


def _are_equal(sizes: Floats) -> bool:
    return bool(sizes.min() > 0 and sizes.max() < UNIT**2 * sizes.min())


def _fit_weights(columns: Floats, answers: Floats) -> Floats:
    spread = columns.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    centred = (columns - columns.mean(axis=0)) / scale
    return np.asarray(np.linalg.lstsq(centred, answers - answers.mean(), rcond=1e-9)[0] / scale)


# --- equations ------------------------------------------------------------------------------------


def _make_flags(material: Material, names: Sequence[str], is_varied: Sequence[bool]) -> Iterator[Made]:
    seen = _stack(material.train, names)[draw(len(material.train), SEEN_ROWS, material.seed)]
    varied = [each for each in _find_equations(seen) if _is_varied(each[1], is_varied)]
    for _, places in sorted(varied, key=lambda each: -each[0])[:MOST_EQUATIONS]:
        yield _make_flag(material, [names[place] for place in places])


def _is_varied(places: tuple[int, ...], is_varied: Sequence[bool]) -> bool:
    """Tell whether a column and one of its addends have many values each: small counts add up by chance."""
    return is_varied[places[0]] and any(is_varied[at] for at in places[1:])


def _make_flag(material: Material, parts: Sequence[str]) -> Made:
    train, validation = (_holds(_stack(side, parts)) for side in (material.train, material.validation))
    what = f"that {' + '.join(map(repr, parts[1:]))} is {parts[0]!r}"
    return Made(what=what, parts=tuple(parts), train=train, validation=validation, is_flag=True)


def _find_equations(seen: Floats) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Give the columns that are equal to another one, or to the sum of two others, in some rows but not in all."""
    for one in range(seen.shape[1]):
        yield from _compare(seen, (one,), one + 1)
    for pair in combinations(range(seen.shape[1]), 2):
        yield from _compare(seen, pair, 0)


def _compare(seen: Floats, addends: tuple[int, ...], first: int) -> Iterator[tuple[float, tuple[int, ...]]]:
    total = seen[:, addends].sum(axis=1)[:, None]
    with np.errstate(invalid="ignore"):
        is_same = (np.abs(seen - total) <= SAME * np.abs(total)) & (seen[:, list(addends)] != 0).all(axis=1)[:, None]
    shares = is_same.mean(axis=0)
    for place in np.flatnonzero((shares >= HOLDS[0]) & (shares <= HOLDS[1])):
        if place >= first and place not in addends:
            yield float(shares[place]), (int(place), *addends)


def _holds(columns: Floats) -> Floats:
    total = columns[:, 1:].sum(axis=1)
    is_known = np.isfinite(columns).all(axis=1)
    return np.where(is_known, np.abs(columns[:, 0] - total) <= SAME * np.abs(total), np.nan)


# --- what is left over ----------------------------------------------------------------------------


def _make_rests(material: Material, names: Sequence[str]) -> Iterator[Made]:
    """Give what the others leave of a column that they nearly give, added up or multiplied."""
    yield from _list_rests(material, names, LITTLE_LEFT, np.positive)
    positive = [name for name in names if (material.train.values[name] > 0).mean() > POSITIVE]
    if len(positive) > 2:  # a quotient of two is a formula
        yield from _list_rests(material, positive, LITTLE_LEFT_IN_TIMES, _log)


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def _list_rests(
    material: Material, names: Sequence[str], little: float, scale: Callable[[Floats], Floats]
) -> Iterator[Made]:
    columns = scale(_stack(material.train, names)[draw(len(material.train), FIT_ROWS, material.seed)])
    known = columns[np.isfinite(columns).all(axis=1)]
    if len(known) < ROWS_A_COLUMN * len(names) or not known.std(axis=0).all():
        return
    spread = known.std(axis=0)
    inverse = np.linalg.pinv(np.corrcoef(known.T), rcond=1e-12)
    left = 1 / np.maximum(np.diag(inverse), 1.0)
    for at in np.flatnonzero((left < little) & (left > NOTHING_LEFT)).tolist():
        weights = inverse[at] / inverse[at, at]
        parts = np.flatnonzero(np.abs(weights) >= np.sqrt(left[at]) * MATTERS).tolist()
        some = [names[part] for part in parts]
        train, validation = (
            scale(_stack(side, some)) @ (weights / spread)[parts] for side in (material.train, material.validation)
        )
        yield Made(what=f"the rest of '{names[at]}'", parts=tuple(some), train=train, validation=validation)


def make_fillings(material: Material, questions: Questions) -> Iterator[Made]:
    """Give whether any of the columns has a value, or is not 0, that seldom do and lean to one answer where they do.

    Each of a refund, a dispute and a loss is there for some of the answers only; one or the other is for nearly all.
    """
    if material.classes != 2:  # with more, and for numbers, zero is often honest
        return
    chosen = draw(len(material.train), FIT_ROWS, material.seed)
    filled = {name: _is_filled(material.train, name)[chosen] for name in material.numbers}
    answers = questions.learnt[chosen, 0]
    leans = {name: _lean(rows, answers) for name, rows in filled.items() if SPARSE[0] < rows.mean() < SPARSE[1]}
    for sign in (1, -1):
        parts = [name for name, lean in leans.items() if sign * lean > LEANS]
        if len(parts) > 1:
            yield _make_filling(material, parts)


def _is_filled(side: Side, name: str) -> Bools:
    values = side.values[name]
    return np.asarray(np.isfinite(values) & (values != 0))


def _lean(is_filled: Bools, answers: Floats) -> float:
    """Return the standard errors between the rate of an answer among filled rows and the rate of all."""
    usual, rows = float(answers.mean()), int(is_filled.sum())
    return float((answers[is_filled].mean() - usual) / np.sqrt(usual * (1 - usual) / rows))


def _make_filling(material: Material, parts: Sequence[str]) -> Made:
    train, validation = (
        np.any([_is_filled(side, name) for name in parts], axis=0).astype(np.float64)
        for side in (material.train, material.validation)
    )
    what = f"that any of {list_names(parts)} is there"
    return Made(what=what, parts=tuple(parts), train=train, validation=validation, is_flag=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Few:
    """A column as a few codes: its values, or whether it has one."""

    name: str
    train: Ints
    validation: Ints


def make_formulas(material: Material, questions: Questions) -> Iterator[Made]:
    """Give products, quotients, sums and differences of two or three columns that say more than these do."""
    sides = (material.train, material.validation)
    for formula in find_formulas(material, questions):
        columns = {name: np.concatenate([side.values[name].astype(np.float64) for side in sides])
                   for name in formula.parts}  # fmt: skip
        train, validation = np.split(formula.apply(columns), [len(material.train)])
        yield Made(what=str(formula), parts=formula.parts, train=train, validation=validation, is_formula=True)


def make_pairs(material: Material, questions: Questions) -> Iterator[Made]:
    """Give the pairs that say far more than either of their columns."""
    chosen = draw(len(material.train), PAIR_ROWS, material.seed)
    columns = list(islice(_list_few(material, chosen), MOST_COLUMNS))
    answers = questions.learnt[chosen][:, questions.usable]
    alone = {each.name: mean_area_of_codes(each.train[chosen], answers) for each in columns}
    found = []
    for one, other in combinations(columns, 2):
        together = mean_area_of_codes(_join(one.train, other.train)[chosen], answers)
        if together > max(TOGETHER, alone[one.name] + GAIN, alone[other.name] + GAIN):
            found.append((together, one, other))
    for _, one, other in sorted(found, key=lambda each: -each[0])[:MOST_PAIRS]:
        yield Made(
            what="the pair",
            parts=(one.name, other.name),
            train=_join(one.train, other.train).astype(np.float64),
            validation=_join(one.validation, other.validation).astype(np.float64),
            is_code=True,
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
