"""Columns that give the target away, alone and beside all others: by values, by gaps, in some rows, or together."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
from scipy.stats import rankdata

from ratchet.errors import list_names
from ratchet.evaluation.leakage.alone import (
    EMPTY,
    JUDGE_ROWS,
    RARE,
    Alone,
    look_at,
    look_at_made,
    look_at_values,
    read_codes,
)
from ratchet.evaluation.leakage.evidence import CERTAIN, CERTAIN_NUMBER, Evidence, find_late_fillers, read_name
from ratchet.evaluation.leakage.formulas import measure_synergy
from ratchet.evaluation.leakage.material import Bools, Floats, Ints, Material, ask_questions, draw
from ratchet.evaluation.leakage.memory import is_told_by_the_past
from ratchet.evaluation.leakage.questions import Questions, area_error, learn_rates
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.evaluation.leakage.relations import Made, make_columns, make_fillings, make_formulas, make_pairs
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Finding, LeakKind, Strength

MOST_MADE = 3  # of columns that are made of others: each is fitted without, too
MOST_SUSPECTS = 6  # each is fitted without; the strongest ones come first
COPY = 0.9  # correlation of what two columns say alone, from which one hides what is lost without the other
FAR_MORE = 4.0  # times the odds of ranking a pair rightly
HIDDEN = 0.95  # roc_auc of each of several suspects, beside what isn't suspected
GAIN = 0.02  # of roc_auc, over the best of its columns, or a formula is none
FEW_PLACES = 7  # values of a column in whose rows others are looked at
MOST_PLACES = 12  # values of other columns, in whose rows every column is looked at
COMMON = 0.1  # of the rows have such a value, or more
MAKES_UP = 3.0  # standard errors of a correlation
HEARD = 1.0  # standard errors
RANK_GROUPS = 20  # of rows whose numbers are alike
FEWEST_THERE = 100  # judged rows
FEWEST_FILLED = 200  # judged rows that have a value, where others have none


def draw_judged(material: Material) -> Ints:
    """Draw the validation rows that judge columns."""
    return draw(len(material.validation), JUDGE_ROWS, material.seed)


def measure_skill(material: Material, questions: Questions) -> float:
    """Return what a quick model of every feature knows of the validation rows: 0 for guessing to 1 for knowing."""
    (scores,) = _score(material, material.features, questions)
    return 2 * questions.mean_area(scores) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What columns are judged by.

    Attributes:
        material: the table.
        questions: what is asked.
        every: all columns by themselves.
        evidence: what else speaks against them.
        made: columns made of others.
        guilty: columns that were found: what is judged beside them would be excused by another leak.
    """

    material: Material
    questions: Questions
    every: Sequence[Alone]
    evidence: Evidence
    made: Sequence[Alone] = ()
    guilty: frozenset[str] = frozenset()

    @property
    def certain(self) -> float:
        return CERTAIN if self.questions.classes else CERTAIN_NUMBER

    def limit(self, alone: Alone) -> float:
        return self.evidence.limit_of(alone)

    def know_without(self, names: Collection[str], questions: Questions | None = None) -> Floats:
        """Return what a quick model without some columns, and without those found, says of the judged rows."""
        rest = [name for name in self.material.features if name not in self.guilty and name not in names]
        return _score(self.material, rest, questions or self.questions)[0]

    def with_guilty(self, findings: Iterable[Finding]) -> "_Bench":
        return replace(self, guilty=self.guilty.union(*(each.columns for each in findings)))


_Found = tuple[Alone, Finding]


def find_columns(material: Material, questions: Questions) -> list[Finding]:
    """Find columns that alone rank the answers better than the limits allow, and still do so beside honest ones.

    What is found excuses nobody: the others are asked again without it, until nothing more is found.
    """
    bench = _Bench(
        material=material,
        questions=questions,
        every=_look_at_all(material, questions),
        evidence=Evidence(material=material, late=find_late_fillers(material)),
    )
    bench = replace(bench, made=(*_list_made(bench), *_list_groups(bench)))
    found: list[_Found] = []
    while new := (_find_whole(bench) or _find_partial(bench) or _find_made(bench) or _find_in_places(bench)):
        found += new
        bench = bench.with_guilty(finding for _, finding in new)
    return _judge_again(bench, found)


def _find_whole(bench: _Bench) -> list[_Found]:
    """Judge columns beside all that were not found; where nobody stands out, beside what isn't suspected."""
    suspects = list(_list_suspects(bench))
    found = [(each, finding) for each in suspects if (finding := _judge(bench, each))]
    if found or len(suspects) < 2:
        return found
    honest = replace(bench, guilty=bench.guilty.union(each.name for each in _list_above(bench)))
    known = honest.know_without(())
    return [(each, finding) for each in suspects if (finding := _judge_by_honest(honest, each, known))]


def _judge_by_honest(bench: _Bench, suspect: Alone, known: Floats) -> Finding | None:
    """Judge one of several suspects that excuse one another: all the rest must know far less than it does."""
    without = suspect.area_of(known, bench.questions)
    if _odds(suspect.area) < FAR_MORE * _odds(without):
        return None
    return _decide(bench, suspect, known, {suspect.name}, limit=max(bench.limit(suspect), HIDDEN))


def _odds(area: float) -> float:
    return area / max(1 - area, 1e-9)


def _judge_again(bench: _Bench, found: Sequence[_Found]) -> list[Finding]:
    """Add what is certain beside honest columns alone: no leak makes another one milder."""
    findings = [finding for _, finding in found]
    certain = {name for each in findings if each.strength is Strength.CERTAIN for name in each.columns}
    again = [each for each in _list_above(bench) if each.name in bench.guilty and each.name not in certain]
    if len(bench.guilty) < 2 or not again:
        return findings
    known = bench.know_without(())
    graver = [_decide(bench, each, known, {each.name}) for each in again]
    return [*findings, *(each for each in graver if each and each.strength is Strength.CERTAIN)]


def _list_above(bench: _Bench) -> list[Alone]:
    """Return what is above its limit, one a column, the strongest ones first."""
    above = _strongest([each for each in bench.every if each.area > bench.limit(each)], len(bench.every))
    return list({each.name: each for each in reversed(above)}.values())[::-1]


def _find_partial(bench: _Bench) -> list[_Found]:
    """Judge columns that have gaps on the rows where they have none: a copy for few rows is a copy all the same."""
    names = bench.material.others(*bench.guilty)
    return _judge_partial(bench, [each for name in names for each in _suspect_where_filled(bench, name)])


def _find_in_places(bench: _Bench) -> list[_Found]:
    """Judge columns in the rows where another column has one of its few values."""
    return _judge_partial(bench, list(_suspect_where(bench, bench.material.others(*bench.guilty))))


def _judge_partial(bench: _Bench, suspects: Sequence[tuple[Questions, Alone]]) -> list[_Found]:
    found: list[_Found] = []
    for some, suspect in sorted(suspects, key=lambda each: -each[1].area)[:MOST_SUSPECTS]:
        is_new = all(suspect.name != other.name for other, _ in found)
        if is_new and not is_told_by_the_past(bench.material, suspect.name):
            asked = replace(bench, questions=some, every=_look_at_all(bench.material, some))
            if finding := _judge(asked, suspect):
                found.append((suspect, finding))
    return found


def _suspect_where_filled(bench: _Bench, name: str) -> Iterator[tuple[Questions, Alone]]:
    """Give what a column says where it has a value, and the questions about these rows, if that is above its limit."""
    train, validation = (side.values[name] for side in (bench.material.train, bench.material.validation))
    has_value = np.isfinite(train)
    if not RARE < has_value.mean() < 1 - RARE:
        return
    some = bench.questions.among(has_value, np.isfinite(validation))
    if some is None or len(some.judged) < FEWEST_FILLED:
        return
    suspect = replace(look_at_values(bench.material, name, some), is_partial=True)
    if suspect.area > bench.limit(suspect):
        yield some, suspect


def _suspect_where(bench: _Bench, names: Sequence[str]) -> Iterator[tuple[Questions, Alone]]:
    """Give what columns say where another column has one of its few values, if that is nearly everything there."""
    for place in islice(_list_places(bench), MOST_PLACES):
        if some := bench.questions.among(*place.rows):
            for name in names:
                suspect = replace(look_at_values(bench.material, name, some), is_partial=True, where=place.name)
                if name != place.column and suspect.area > bench.limit(suspect):
                    yield some, suspect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    column: str
    name: str
    rows: tuple[Bools, Bools]


def _list_places(bench: _Bench) -> Iterator[_Place]:
    """Give the rows that have one of a column's few values, where these are neither few nor nearly all.

    Of classes only: on working days the hour tells of numbers what it tells of all days, and honestly more.
    """
    sides = (bench.material.train, bench.material.validation)
    for name in bench.material.features if bench.questions.classes else ():
        values = np.unique(sides[0].values[name][:JUDGE_ROWS])
        for value in values[np.isfinite(values)] if len(values) <= FEW_PLACES else ():
            learns, judges = (side.values[name] == value for side in sides)
            if COMMON < learns.mean() < 1 - COMMON and judges[bench.questions.judged].sum() >= FEWEST_THERE:
                yield _Place(column=name, name=f"where '{name}' has one of its values", rows=(learns, judges))


def _look_at_all(material: Material, questions: Questions) -> list[Alone]:
    return list(chain.from_iterable(look_at(material, name, questions) for name in material.features))


def _find_made(bench: _Bench) -> list[_Found]:
    """Judge columns made of others, where no part says as much alone."""
    suspects = [each for each in bench.made if each.area > bench.limit(each) and not bench.guilty & set(each.parts)]
    found: list[_Found] = []
    for suspect in _strongest(suspects, MOST_MADE):
        # A near-equation leaves as much of each of its parts: each column is told of once.
        is_told = any(set(suspect.parts) & set(other.parts) for other, _ in found)
        finding = None if is_told else _judge(bench, suspect)
        if finding:
            found.append((suspect, finding))
    return found


def _list_made(bench: _Bench) -> Iterator[Alone]:
    material, questions = bench.material, bench.questions
    alone = {each.name: each.area for each in bench.every if not each.state}
    strong = {name for name, area in alone.items() if area > material.config.gates.of(LeakGate).max_alone}
    for makes in (make_columns, make_fillings, make_pairs, make_formulas):
        for made in makes(material, questions):
            each = look_at_made(made, questions)
            said = [alone.get(name, 0.5) for name in made.parts]
            if each.area > max(said) + GAIN if made.is_formula else not strong & set(made.parts):
                yield replace(each, synergy=measure_synergy(each.area, said))


def _list_groups(bench: _Bench) -> Iterator[Alone]:
    """Give what columns know together that one sign speaks against: each may know little."""
    for what, names in bench.evidence.list_groups():
        if len(names) > 1:
            scores = _score(bench.material, names, bench.questions)[0]
            made = Made(what=what, parts=tuple(names), train=np.empty(0), validation=np.empty(0))
            group = Alone(name=what, state="", is_flag=False, values=len(scores), scores=scores, made=made)
            yield replace(group, area=group.area_of(scores, bench.questions))


def _strongest(suspects: Sequence[Alone], most: int) -> list[Alone]:
    return sorted(suspects, key=lambda each: -each.area)[:most]


def _list_suspects(bench: _Bench) -> Iterator[Alone]:
    """Give the strongest ones first, without those that honest lags of the target explain."""
    for suspect in [each for each in _list_above(bench) if each.name not in bench.guilty][:MOST_SUSPECTS]:
        if suspect.state == EMPTY or not is_told_by_the_past(bench.material, suspect.name):
            yield suspect


def _judge(bench: _Bench, suspect: Alone) -> Finding | None:
    """Ask what the suspect adds to all columns that do not say the same: near-copies of a leak hide each other."""
    alike = {each.name for each in bench.every if _is_copy(each, suspect)} | set(suspect.parts)
    return _decide(bench, suspect, bench.know_without(alike), alike)


def _decide(
    bench: _Bench, suspect: Alone, known: Floats, alike: Collection[str], *, limit: float | None = None
) -> Finding | None:
    beside = suspect.area_beside(known, bench.questions)
    without, measured = suspect.area_of(known, bench.questions), min(suspect.area, beside)
    limit = limit or bench.limit(suspect)
    if measured - _doubt(suspect, measured, bench.questions) <= limit or _is_cause(bench, suspect, alike, measured):
        return None
    return Finding(
        kind=LeakKind.PARTS if suspect.made else LeakKind.COLUMN,
        columns=tuple(sorted(alike, key=bench.material.features.index)) if len(alike) < 4 else suspect.parts,
        strength=_strength(bench, suspect, measured),
        measured=measured,
        limit=limit,
        reason=_explain(suspect, beside=beside, without=without, limit=limit)
        + "".join(f"; {sign.says}" for sign in bench.evidence.signs_of(suspect)),
    )


def _is_cause(bench: _Bench, suspect: Alone, alike: Collection[str], measured: float) -> bool:
    """Tell whether a column goes with all others as a cause of the target does, and not as an effect of it.

    What the others know of an effect they know through the target: of rows with one answer they know nothing of it.
    Causes make up for one another there: where the answer is yes though one speaks against it, another speaks for it.
    And what reaches the target through the column alone, as through a forecast, they know better than the target.
    """
    is_made = suspect.made is not None and not (suspect.is_formula or suspect.is_fitted)
    is_named = any(read_name(name) == "afterwards" for name in suspect.parts)
    if suspect.is_flag or is_made or is_named or measured >= bench.certain:
        return False
    questions = bench.questions
    own, others, truth = _ask_further_rows(bench, suspect, alike)
    if questions.classes:
        looks = [(own[:, at], others[:, at], truth[:, at]) for at in questions.usable]
        groups = [answers.astype(np.int64) for _, _, answers in looks]
    else:
        looks = [(own.mean(axis=1), others[:, 0], truth.mean(axis=1))]
        groups = [((rankdata(truth[:, -1]) - 1) * RANK_GROUPS // len(truth)).astype(np.int64)]
    within = [
        _correlate(_around_means(said, at), _around_means(known, at))
        for (said, known, _), at in zip(looks, groups, strict=True)
    ]
    more = np.mean(
        [_standardise(known) * (_standardise(said) - _standardise(answers)) for said, known, answers in looks], axis=0
    )
    makes_up = float(np.mean(within)) < -MAKES_UP / np.sqrt(len(truth))
    return makes_up or bool(more.mean() > HEARD / np.sqrt(len(truth)) * more.std() > 0)


def _ask_further_rows(bench: _Bench, suspect: Alone, alike: Collection[str]) -> tuple[Floats, Floats, Floats]:
    """Return what a column and all others say of every second training row and of the judged ones, and their answers.

    Of numbers the answers are ranks.
    """
    material, questions = bench.material, bench.questions
    fitted, asked = questions.learners[::2], questions.learners[1::2]
    sides = [(material.train, asked), (material.validation, questions.judged)]
    rest = [name for name in material.features if name not in bench.guilty and name not in alike]
    few = fitted[draw(len(fitted), FIT_ROWS, material.seed)]
    others = np.vstack(fit_and_score(material, rest, few, sides))
    learnt, *codes = (read_codes(material, suspect, side, at) for side, at in [(material.train, fitted), *sides])
    own = learn_rates(learnt, questions.learnt[::2])(np.concatenate(codes))
    labels = np.concatenate([side.labels[at] for side, at in sides])
    truth = ask_questions(labels, material.train.labels, material.classes)
    return own, others, truth if material.classes else rankdata(labels)[:, None]


def _around_means(values: Floats, groups: Ints) -> Floats:
    means = np.bincount(groups, weights=values) / np.maximum(np.bincount(groups), 1)
    return values - means[groups]


def _correlate(one: Floats, other: Floats) -> float:
    return float((_standardise(one) * _standardise(other)).mean())


def _standardise(values: Floats) -> Floats:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def _strength(bench: _Bench, suspect: Alone, measured: float) -> Strength:
    is_whole = not suspect.made and not suspect.is_partial and not suspect.is_graded
    return Strength.CERTAIN if measured >= bench.certain and is_whole else Strength.SUSPECTED


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
    return f"{name}, {suspect.where or 'where it has a value'}," if suspect.is_partial else name


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
