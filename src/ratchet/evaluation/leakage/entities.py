"""The same person or thing in train and holdout: declared by the YAML, or in a column that works like a name."""

from collections.abc import Iterator

import numpy as np

from ratchet.evaluation.leakage.material import Column, Ints, Material, ask_questions, draw, find_answerable
from ratchet.evaluation.leakage.powers import area, area_beside, learn_rates
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.records.leakage import Finding, LeakKind, Strength

FEWEST_VALUES = 50  # fewer are kinds of things, not things
MOST_ROWS = 30  # of a value, seen from its rows: more make it a kind
FEWEST_KNOWN = 0.2  # of the holdout rows: what few rows share can't flatter
CARRIES = 0.65  # roc_auc of what a name says beside all other columns
OVER_NEIGHBOURS = 0.05  # of a number: its exact value must say more than the values next to it


def find_entities(material: Material) -> list[Finding]:
    """Find groups and entities on both sides, and columns that carry the target across as a name would."""
    return [*_find_declared(material), *(_find_undeclared(material) if not material.is_by_time else ())]


def _find_declared(material: Material) -> Iterator[Finding]:
    data, gate = material.config.data, material.config.gates.no_leak
    is_forbidden = gate.entities == "forbid" or (gate.entities == "auto" and not material.is_by_time)
    limits = {data.entity: gate.max_entity_share} if data.entity and is_forbidden else {}
    limits |= {data.group: 0.0} if data.group else {}
    for name, limit in limits.items():
        if name is None:
            continue
        share = _share_known(material, name)
        if share > limit:
            word = "group" if name == data.group else "entity"
            reason = (
                f"{share:.1%} of the holdout rows have a {word} ('{name}') that train has too; at most {limit:.1%} may"
            )
            yield Finding(
                kind=LeakKind.ENTITY,
                columns=(name,),
                strength=Strength.CERTAIN,
                measured=share,
                limit=limit,
                reason=reason,
            )


def _share_known(material: Material, name: str) -> float:
    holdout, train = material.holdout.values[name], material.train.values[name]
    known = np.isfinite(holdout) & np.isin(holdout, train[np.isfinite(train)])
    return float(known.mean()) if len(known) else 0.0


def _find_undeclared(material: Material) -> Iterator[Finding]:
    declared = {material.config.data.group, material.config.data.entity}
    for name in material.train.values:
        if name in declared or not _is_like_a_name(material, name):
            continue
        share = _share_known(material, name)
        carried = _measure_carried(material, name) if share >= FEWEST_KNOWN else 0.5
        if carried > CARRIES:
            reason = (
                f"'{name}' works like a name: train has its value for {share:.0%} of the holdout rows, and "
                f"what train knows of the value ranks the target with roc_auc {carried:.3f} beside all other columns; "
                f"above {CARRIES:g} it should be `data.group`"
            )
            yield Finding(
                kind=LeakKind.ENTITY,
                columns=(name,),
                strength=Strength.SUSPECTED,
                measured=carried,
                limit=CARRIES,
                reason=reason,
            )


def _is_like_a_name(material: Material, name: str) -> bool:
    values = material.train.values[name]
    known = values[np.isfinite(values)]
    if len(known) < FEWEST_VALUES or (known != np.floor(known)).any():
        return False
    _, inverse, counts = np.unique(known, return_inverse=True, return_counts=True)
    return len(counts) >= FEWEST_VALUES and float(np.median(counts[inverse])) <= MOST_ROWS


def _measure_carried(material: Material, name: str) -> float:
    """Return how well the training rows of a value rank its validation rows, among those alike in all else."""
    train, other = material.train.values[name], material.validation.values[name]
    values = np.unique(train[np.isfinite(train)]).astype(np.float64)
    judged = np.flatnonzero(np.isin(other, values))
    learnt = ask_questions(material.train.labels, material.train.labels, material.classes)
    truth = ask_questions(material.validation.labels[judged], material.train.labels, material.classes)
    usable = find_answerable(learnt, truth) if len(judged) else np.empty(0, dtype=np.int64)
    if not len(usable):
        return 0.5
    codes, places = _place(train, values), _place(other[judged], values)
    scores = learn_rates(codes, learnt)(places)
    rest = [each for each in material.features if each != name]
    fitted = draw(len(material.train), FIT_ROWS, material.seed)
    (known,) = fit_and_score(material, rest, fitted, [(material.validation, judged)])
    carried = float(np.mean([area_beside(scores[:, at], truth[:, at], known[:, at]) or 0.5 for at in usable]))
    if material.is_category(name):
        return carried
    beside = learn_rates(codes, learnt)(np.where(places > 1, places - 1, places + 1))
    nearby = float(np.mean([area(beside[:, at], truth[:, at]) for at in usable]))
    exact = float(np.mean([area(scores[:, at], truth[:, at]) for at in usable]))
    return carried if exact > nearby + OVER_NEIGHBOURS else 0.5


def _place(values: Column, known: Column) -> Ints:
    places = np.searchsorted(known, values) + 1
    return np.asarray(np.where(np.isfinite(values), places, 0), dtype=np.int64)
