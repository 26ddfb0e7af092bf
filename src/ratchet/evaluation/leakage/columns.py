"""Columns that give the target away: alone and beside all others, by being empty, or by one of their values."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from ratchet.errors import list_names
from ratchet.evaluation.leakage.material import (
    Bools,
    Column,
    Floats,
    Ints,
    Material,
    Side,
    ask_questions,
    draw,
)
from ratchet.evaluation.leakage.memory import is_told_by_the_past
from ratchet.evaluation.leakage.powers import area_error, cut, find_edges, learn_rates
from ratchet.evaluation.leakage.questions import Questions
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.evaluation.leakage.relations import Made, make_columns
from ratchet.records.leakage import Finding, LeakKind, Strength

AFTERWARDS = re.compile(
    r"(^|[_ .-])(duration|outcome|final|actual|resolved|resolution|closed|settled|refunded|after)($|[_ .-])",
    re.IGNORECASE,
)
JUDGE_ROWS = 6_000
SETTLED_ROWS = 25_000  # of each part: a code of one row in a hundred is there 250 times
MOST_MADE = 3  # of columns that are made of others: each is fitted without, too
MOST_SUSPECTS = 6  # each is fitted without; the strongest ones come first
COPY = 0.9  # correlation of what two columns say alone, from which one hides what is lost without the other
EMPTY, USUAL = "is empty", "has its most frequent value"
CERTAIN = 0.975  # roc_auc beside all others from which nothing honest is left to explain it
RARE = 0.01  # a column that is empty, or filled, in fewer rows says nothing by it
FEWEST_SETTLED = 20.0  # rows of the other answer that were to be expected with a value, and are not there
ODDS_KEPT = 0.5  # the rest must take those rows for ordinary: it expects this share of the usual rate, or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """One column by itself.

    Attributes:
        name: the column.
        state: "is empty" or the like where only that is looked at, no text where its values are.
        is_flag: whether it has two values only, or one for each class.
        values: how many it has, missing left out.
        scores: what it says about the judged rows, a column a question.
        area: the area under the ROC curve, over the questions.
        made: what it is made of, of a column that the table does not have.
    """

    name: str
    state: str
    is_flag: bool
    values: int
    scores: Floats
    area: float
    made: Made | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The table's columns that are in it."""
        return self.made.parts if self.made else (self.name,)

    @property
    def is_fitted(self) -> bool:
        """Whether it was fitted to the target, so that more may be asked of it."""
        return self.made is not None and self.made.is_sum

    def is_best_of_many(self, questions: Questions) -> bool:
        """Whether only its best answer counts: two values can answer one question of several."""
        return questions.classes != 2 and (bool(self.state) or self.values <= 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """Rows on which values may settle the target: the model learns on others."""

    fitted: Ints
    chosen: Sequence[tuple[Side, Ints]]
    answers: Floats


def comes_afterwards(name: str) -> bool:
    """Tell whether a column's name speaks of something that is known only when all is over."""
    return bool(AFTERWARDS.search(name))


def draw_judged(material: Material) -> Ints:
    """Draw the validation rows that judge columns."""
    return draw(len(material.validation), JUDGE_ROWS, material.seed)


def measure_skill(material: Material, questions: Questions) -> float:
    """Return what a quick model of every feature knows of the validation rows: 0 for guessing to 1 for knowing."""
    (scores,) = _score(material, material.features, questions)
    return 2 * _mean_area(scores, questions) - 1


def find_columns(material: Material, questions: Questions) -> list[Finding]:
    """Find columns that alone rank the answers better than the limits allow, and still do so beside all others."""
    every = list(chain.from_iterable(_look_at(material, name, questions) for name in material.features))
    found: dict[str, Finding] = {}
    for suspect in _list_suspects(material, every):
        if suspect.name in found:
            continue
        if finding := _judge(material, questions, suspect, every):
            found[suspect.name] = finding
    return [*found.values(), *_find_made(material, questions, every, set(found))]


def _find_made(
    material: Material, questions: Questions, every: Sequence[Alone], found: Collection[str]
) -> Iterator[Finding]:
    """Judge columns made of others, where no part says as much alone."""
    strong = {each.name for each in every if each.area > material.config.gates.no_leak.max_alone} | set(found)
    made = (_measure_made(each, questions) for each in make_columns(material, questions))
    suspects = [each for each in made if each.area > _limit(material, each) and not strong & set(each.parts)]
    yield from _judge_made(material, questions, every, suspects)


def _judge_made(
    material: Material, questions: Questions, every: Sequence[Alone], suspects: Sequence[Alone]
) -> Iterator[Finding]:
    """Tell of each column in one finding only: a near-equation leaves as much of each of its parts."""
    told: set[str] = set()
    for suspect in _strongest(suspects, MOST_MADE):
        finding = None if told & set(suspect.parts) else _judge(material, questions, suspect, every)
        if finding:
            told |= set(suspect.parts)
            yield finding


def _strongest(suspects: Sequence[Alone], most: int) -> list[Alone]:
    return sorted(suspects, key=lambda each: -each.area)[:most]


def _measure_made(made: Made, questions: Questions) -> Alone:
    edges = find_edges(made.train)
    codes = cut(made.train, edges), cut(made.validation[questions.judged], edges)
    return replace(_measure(made.what, questions, codes, state="holds" if made.is_flag else ""), made=made)


def _list_suspects(material: Material, every: Sequence[Alone]) -> Iterator[Alone]:
    """Give the strongest ones first, without those that honest lags of the target explain."""
    for suspect in _strongest([each for each in every if each.area > _limit(material, each)], MOST_SUSPECTS):
        if suspect.state == EMPTY or not is_told_by_the_past(material, suspect.name):
            yield suspect


def _look_at(material: Material, name: str, questions: Questions) -> list[Alone]:
    train, judged = material.train.values[name], material.validation.values[name][questions.judged]
    if not np.isfinite(train).any():
        return []
    states = ((EMPTY, np.isnan(train), np.isnan(judged)), (USUAL, *_is_usual(train, judged)))
    return [
        _measure(name, questions, _codes(material, name, train, judged), state=""),
        *(
            _measure(name, questions, (learnt.astype(np.int64), other.astype(np.int64)), state=state)
            for state, learnt, other in states
            if RARE < learnt.mean() < 1 - RARE
        ),
    ]


def _is_usual(train: Column, judged: Column) -> tuple[Bools, Bools]:
    """Tell where a column has its most frequent value: a flag may be written as an amount that is zero for others."""
    some = train[:: max(1, len(train) // JUDGE_ROWS)]
    values, counts = np.unique(some[np.isfinite(some)], return_counts=True)
    usual = values[counts.argmax()] if len(values) > 2 else np.nan
    return train == usual, judged == usual


def _codes(material: Material, name: str, train: Column, judged: Column) -> tuple[Ints, Ints]:
    if material.is_category(name):
        return _as_codes(train), _as_codes(judged)
    numbers = train.astype(np.float64)
    edges = find_edges(numbers)
    return cut(numbers, edges), cut(judged.astype(np.float64), edges)


def _as_codes(values: Column) -> Ints:
    """Return a category's codes from 1 on, 0 where it is missing."""
    return np.asarray(np.nan_to_num(values, nan=-1).astype(np.int64) + 1)


def _measure(name: str, questions: Questions, codes: tuple[Ints, Ints], *, state: str) -> Alone:
    learnt, judged = codes
    scores = learn_rates(learnt, questions.learnt)(judged)
    is_flag = bool(state) or _is_flag(learnt, questions)
    alone = Alone(
        name=name,
        state=state,
        is_flag=is_flag,
        values=len(np.unique(learnt[learnt > 0])),
        scores=scores,
        area=0.5,
    )
    return replace(alone, area=_mean_area(scores, questions, is_best=alone.is_best_of_many(questions)))


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


def _mean_area(scores: Floats, questions: Questions, *, is_best: bool = False) -> float:
    """A flag can answer one question only, so of several its best one counts; other columns are to answer all."""
    return max(questions.list_areas(scores)) if is_best else questions.mean_area(scores)


def _mean_area_beside(alone: Alone, questions: Questions, known: Floats) -> float:
    told = [each for each in questions.list_areas_beside(alone.scores, known) if each is not None]
    if not told:
        return _area_beside_nothing(alone)
    return float(max(told) if alone.is_best_of_many(questions) else np.mean(told))


def _area_beside_nothing(alone: Alone) -> float:
    """Where the others leave nothing to tell, a copy of the target is known by its form: then it counts as it is."""
    return alone.area if alone.is_flag and not alone.state else 0.5


def _limit(material: Material, alone: Alone) -> float:
    gate = material.config.gates.no_leak
    if alone.is_fitted:
        return max(CERTAIN, gate.max_alone)
    # Zero is honest of much: of the sun's light by night, of a pixel's ink. Only of two classes it is no more.
    is_natural = alone.state == USUAL and material.classes != 2
    if alone.is_flag and not is_natural:
        return gate.max_flag_alone
    if comes_afterwards(alone.name):
        return gate.max_afterwards_alone
    return _limit_of_values(material)


def _limit_of_values(material: Material) -> float:
    gate = material.config.gates.no_leak
    return gate.max_alone if material.classes else gate.max_alone_number


def _judge(material: Material, questions: Questions, suspect: Alone, every: Sequence[Alone]) -> Finding | None:
    """Ask what the suspect adds to all columns that do not say the same: near-copies of a leak hide each other."""
    alike = _list_alike(every, suspect)
    rest = [name for name in material.features if name not in alike]
    (known,) = _score(material, rest, questions)
    beside = _mean_area_beside(suspect, questions, known)
    limit, measured = _limit(material, suspect), min(suspect.area, beside)
    if measured - _doubt(suspect, measured, questions) <= limit:
        return None
    without = _mean_area(known, questions, is_best=suspect.is_best_of_many(questions))
    return Finding(
        kind=LeakKind.PARTS if suspect.made else LeakKind.COLUMN,
        columns=tuple(sorted(alike, key=material.features.index)) if len(alike) < 4 else suspect.parts,
        strength=_strength(suspect, measured),
        measured=measured,
        limit=limit,
        reason=_explain(suspect, beside=beside, without=without, limit=limit),
    )


def _list_alike(every: Sequence[Alone], suspect: Alone) -> set[str]:
    return {each.name for each in every if _is_copy(each, suspect)} | set(suspect.parts)


def _strength(suspect: Alone, measured: float) -> Strength:
    return Strength.CERTAIN if measured >= CERTAIN and not suspect.made else Strength.SUSPECTED


def _explain(suspect: Alone, *, beside: float, without: float, limit: float) -> str:
    return (
        f"{_name(suspect)} alone ranks the target with roc_auc {suspect.area:.3f}, and with {beside:.3f} among rows "
        f"that all other columns ({without:.3f}) hold for alike; above {limit:g} by more than its error it gives the "
        f"target away"
    )


def _name(suspect: Alone) -> str:
    if suspect.made:
        return suspect.name if suspect.made.is_flag else f"{suspect.name} (of {list_names(suspect.parts)})"
    return f"that '{suspect.name}' {suspect.state}" if suspect.state else f"'{suspect.name}'"


def _doubt(suspect: Alone, measured: float, questions: Questions) -> float:
    """A strong number may be honest and lucky on few rows; flags of that strength are not honest to begin with."""
    if suspect.is_flag:
        return 0.0
    positives = questions.truth[:, questions.usable].sum(axis=0).mean()
    return area_error(measured, float(positives), float(len(questions.truth) - positives))


def _is_copy(one: Alone, other: Alone) -> bool:
    said = [each.scores - each.scores.mean(axis=0) for each in (one, other)]
    scale = float(np.sqrt((said[0] ** 2).sum() * (said[1] ** 2).sum()))
    return scale > 0 and float((said[0] * said[1]).sum()) / scale > COPY


def _score(material: Material, columns: Sequence[str], questions: Questions) -> list[Floats]:
    fitted = draw(len(material.train), FIT_ROWS, material.seed)
    return fit_and_score(material, columns, fitted, [(material.validation, questions.judged)])


def find_settled_values(material: Material) -> list[Finding]:
    """Find values with which one answer never comes, though everything else takes these rows for ordinary ones."""
    if not material.classes:
        return []
    rows = _draw_rows(material)
    surprises = {name: _find_surprise(material, name, rows) for name in material.features}
    return [_report_settled(name, surprise) for name, surprise in surprises.items() if surprise]


def _draw_rows(material: Material) -> _Draw:
    train, validation, seed = material.train, material.validation, material.seed
    fitted = draw(len(train), FIT_ROWS, seed)
    others = np.setdiff1d(draw(len(train), FIT_ROWS + SETTLED_ROWS, seed), fitted)
    chosen = [(train, others), (validation, draw(len(validation), SETTLED_ROWS, seed))]
    answers = np.vstack([ask_questions(side.labels[at], train.labels, material.classes) for side, at in chosen])
    return _Draw(fitted=fitted, chosen=chosen, answers=answers)


def _find_surprise(material: Material, name: str, rows: _Draw) -> list[tuple[float, int]]:
    """Ask all others only about a column that settles anything at the usual rates: few do, and fitting takes time."""
    codes = np.concatenate([_values_of(material, side, name)[at] for side, at in rows.chosen])
    answers = rows.answers
    if not _find_never(codes, answers, np.broadcast_to(answers.mean(axis=0), answers.shape)):
        return []
    expected = fit_and_score(material, material.others(name), rows.fitted, rows.chosen)
    return _find_never(codes, answers, np.vstack(expected))


def _values_of(material: Material, side: Side, name: str) -> Ints:
    """Categories as they are; of a number only whether there is one: a number may well settle things at its ends."""
    values = side.values[name]
    if material.config.data.features[name] == "numeric":
        return np.asarray(np.isnan(values), dtype=np.int64)
    return _as_codes(values)


def _find_never(codes: Ints, answers: Floats, expected: Floats) -> list[tuple[float, int]]:
    """Return expected and all rows of each value with which an answer, or its contrary, never comes."""
    found = []
    counts = np.bincount(codes)
    either_way = zip((*answers.T, *(1 - answers).T), (*expected.T, *(1 - expected).T), strict=True)
    for truth, odds in either_way:
        seen, wanted = np.bincount(codes, weights=truth), np.bincount(codes, weights=odds)
        is_never = (seen == 0) & (wanted >= FEWEST_SETTLED) & (wanted >= ODDS_KEPT * truth.mean() * counts)
        found += [(float(wanted[code]), int(counts[code])) for code in np.flatnonzero(is_never)]
    return found


def _report_settled(name: str, surprise: list[tuple[float, int]]) -> Finding:
    expected, rows = max(surprise)
    reason = (
        f"'{name}' has {len(surprise)} value{'s' if len(surprise) > 1 else ''} that settle the target: in {rows:,} "
        f"rows of one of them an answer never comes that all other columns expect {expected:.0f} times; at most "
        f"{FEWEST_SETTLED:g} may be missing by chance"
    )
    return Finding(
        kind=LeakKind.COLUMN,
        columns=(name,),
        strength=Strength.SUSPECTED,
        measured=expected,
        limit=FEWEST_SETTLED,
        reason=reason,
    )
