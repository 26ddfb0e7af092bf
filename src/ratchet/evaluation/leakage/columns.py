"""Columns that give the target away, alone and beside all others: by values, by gaps, in some rows, or together."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from ratchet.errors import list_names
from ratchet.evaluation.leakage.alone import (
    EMPTY,
    FREQUENT,
    JUDGE_ROWS,
    RARE,
    Alone,
    look_at,
    look_at_made,
    look_at_values,
)
from ratchet.evaluation.leakage.material import Floats, Ints, Material, draw
from ratchet.evaluation.leakage.memory import is_told_by_the_past
from ratchet.evaluation.leakage.questions import Questions, area_error
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.evaluation.leakage.relations import make_columns, make_pairs
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Finding, LeakKind, Strength

AFTERWARDS = re.compile(
    r"(^|[_ .-])(duration|outcome|final|actual|resolved|resolution|closed|settled|refunded|after)($|[_ .-])",
    re.IGNORECASE,
)
MOST_MADE = 3  # of columns that are made of others: each is fitted without, too
MOST_SUSPECTS = 6  # each is fitted without; the strongest ones come first
COPY = 0.9  # correlation of what two columns say alone, from which one hides what is lost without the other
CERTAIN = 0.975  # roc_auc beside all others from which nothing honest is left to explain it
FEWEST_FILLED = 200  # judged rows that have a value, where others have none


def comes_afterwards(name: str) -> bool:
    """Tell whether a column's name speaks of something that is known only when all is over."""
    return bool(AFTERWARDS.search(name))


def draw_judged(material: Material) -> Ints:
    """Draw the validation rows that judge columns."""
    return draw(len(material.validation), JUDGE_ROWS, material.seed)


def measure_skill(material: Material, questions: Questions) -> float:
    """Return what a quick model of every feature knows of the validation rows: 0 for guessing to 1 for knowing."""
    (scores,) = _score(material, material.features, questions)
    return 2 * questions.mean_area(scores) - 1


def find_columns(material: Material, questions: Questions) -> list[Finding]:
    """Find columns that alone rank the answers better than the limits allow, and still do so beside all others."""
    every = _look_at_all(material, questions)
    found: dict[str, Finding] = {}
    for suspect in _list_suspects(material, every):
        if suspect.name in found:
            continue
        if finding := _judge(material, questions, suspect, every):
            found[suspect.name] = finding
    others = material.others(*found)
    return [
        *found.values(),
        *_find_partial(material, questions, others),
        *_find_made(material, questions, every, set(found)),
    ]


def _find_partial(material: Material, questions: Questions, names: Sequence[str]) -> Iterator[Finding]:
    """Judge columns that have gaps on the rows where they have none: a copy for few rows is a copy all the same."""
    suspects = [each for name in names for each in _suspect_where_filled(material, questions, name)]
    for some, suspect in sorted(suspects, key=lambda each: -each[1].area)[:MOST_SUSPECTS]:
        is_lag = is_told_by_the_past(material, suspect.name)
        finding = None if is_lag else _judge(material, some, suspect, _look_at_all(material, some))
        if finding:
            yield finding


def _suspect_where_filled(material: Material, questions: Questions, name: str) -> Iterator[tuple[Questions, Alone]]:
    """Give what a column says where it has a value, and the questions about these rows, if that is above its limit."""
    has_value = np.isfinite(material.train.values[name])
    if not RARE < has_value.mean() < 1 - RARE:
        return
    some = questions.among(has_value, np.isfinite(material.validation.values[name]))
    if some is None or len(some.judged) < FEWEST_FILLED:
        return
    suspect = replace(look_at_values(material, name, some), is_partial=True)
    if suspect.area > _limit(material, suspect):
        yield some, suspect


def _look_at_all(material: Material, questions: Questions) -> list[Alone]:
    return list(chain.from_iterable(look_at(material, name, questions) for name in material.features))


def _find_made(
    material: Material, questions: Questions, every: Sequence[Alone], found: Collection[str]
) -> Iterator[Finding]:
    """Judge columns made of others, where no part says as much alone."""
    strong = {each.name for each in every if each.area > material.config.gates.of(LeakGate).max_alone} | set(found)
    made = (
        look_at_made(each, questions) for makes in (make_columns, make_pairs) for each in makes(material, questions)
    )
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


def _list_suspects(material: Material, every: Sequence[Alone]) -> Iterator[Alone]:
    """Give the strongest ones first, without those that honest lags of the target explain."""
    for suspect in _strongest([each for each in every if each.area > _limit(material, each)], MOST_SUSPECTS):
        if suspect.state == EMPTY or not is_told_by_the_past(material, suspect.name):
            yield suspect


def _limit(material: Material, alone: Alone) -> float:
    gate = material.config.gates.of(LeakGate)
    if alone.is_fitted:
        return max(CERTAIN, gate.max_alone)
    # Zero is honest of much: of the sun's light by night, of a pixel's ink. Only of two classes it is no more.
    is_natural = alone.state == FREQUENT and material.classes != 2
    if alone.is_flag and not is_natural:
        return gate.max_flag_alone
    if comes_afterwards(alone.name):
        return gate.max_afterwards_alone
    return _limit_of_values(material)


def _limit_of_values(material: Material) -> float:
    gate = material.config.gates.of(LeakGate)
    return gate.max_alone if material.classes else gate.max_alone_number


def _judge(material: Material, questions: Questions, suspect: Alone, every: Sequence[Alone]) -> Finding | None:
    """Ask what the suspect adds to all columns that do not say the same: near-copies of a leak hide each other."""
    alike = _list_alike(every, suspect)
    rest = [name for name in material.features if name not in alike]
    (known,) = _score(material, rest, questions)
    beside = suspect.area_beside(known, questions)
    limit, measured = _limit(material, suspect), min(suspect.area, beside)
    if measured - _doubt(suspect, measured, questions) <= limit:
        return None
    without = suspect.area_of(known, questions)
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
    is_whole = not suspect.made and not suspect.is_partial
    return Strength.CERTAIN if measured >= CERTAIN and is_whole else Strength.SUSPECTED


def _explain(suspect: Alone, *, beside: float, without: float, limit: float) -> str:
    return (
        f"{_name(suspect)} gives the target away: alone it has roc_auc {suspect.area:.3f}, and among rows that all "
        f"other columns (together {without:.3f}) hold for alike still {beside:.3f}; beyond its error, at most "
        f"{limit:g} is taken for honest"
    )


def _name(suspect: Alone) -> str:
    if suspect.made:
        return suspect.name if suspect.made.is_flag else f"{suspect.name} (of {list_names(suspect.parts)})"
    name = f"that '{suspect.name}' {suspect.state}" if suspect.state else f"'{suspect.name}'"
    return f"{name}, where it has a value," if suspect.is_partial else name


def _doubt(suspect: Alone, measured: float, questions: Questions) -> float:
    """A strong number may be honest and lucky on few rows; flags of that strength are not honest to begin with."""
    if suspect.is_flag and not suspect.is_partial:
        return 0.0
    positives = questions.truth[:, questions.usable].sum(axis=0).mean()
    return area_error(measured, float(positives), float(len(questions.truth) - positives))


def _is_copy(one: Alone, other: Alone) -> bool:
    said = [each.scores - each.scores.mean(axis=0) for each in (one, other)]
    scale = float(np.sqrt((said[0] ** 2).sum() * (said[1] ** 2).sum()))
    return scale > 0 and float((said[0] * said[1]).sum()) / scale > COPY


def _score(material: Material, columns: Sequence[str], questions: Questions) -> list[Floats]:
    fitted = questions.learners[draw(len(questions.learners), FIT_ROWS, material.seed)]
    return fit_and_score(material, columns, fitted, [(material.validation, questions.judged)])
