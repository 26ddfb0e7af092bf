"""The same person or thing in train and holdout: declared by the YAML, or in a column that works like a name."""

from collections.abc import Iterator

import numpy as np

from ratchet.evaluation.leakage.material import Column, Ints, Material, draw
from ratchet.evaluation.leakage.questions import learn_rates, prepare_questions
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.gates.no_leak import LeakGate
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
    for name, limit in _list_limits(material).items():
        share = _share_known(material, name)
        if share > limit:
            yield _report_declared(material, name, share, limit)


def _list_limits(material: Material) -> dict[str, float]:
    """Return what share of the holdout rows train may know, of each column that says who or what a row is about."""
    data, gate = material.config.data, material.config.gates.of(LeakGate)
    limits: dict[str, float] = {}
    if data.entity and _is_forbidden(material):
        limits[data.entity] = gate.max_entity_share
    if data.group:
        limits[data.group] = 0.0
    return limits


def _is_forbidden(material: Material) -> bool:
    rule = material.config.gates.of(LeakGate).entities
    return rule == "forbid" or (rule == "auto" and not material.is_by_time)


def _report_declared(material: Material, name: str, share: float, limit: float) -> Finding:
    word = "group" if name == material.config.data.group else "entity"
    reason = f"{share:.1%} of the holdout rows have a {word} ('{name}') that train has too; at most {limit:.1%} may"
    return Finding(
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
    names = [each for each in material.train.values if each not in declared and _is_like_a_name(material, each)]
    for name in names:
        share = _share_known(material, name)
        if share >= FEWEST_KNOWN and (carried := _measure_carried(material, name)) > CARRIES:
            yield _report_undeclared(name, share, carried)


def _report_undeclared(name: str, share: float, carried: float) -> Finding:
    reason = (
        f"'{name}' works like a name: train has its value for {share:.0%} of the holdout rows, and "
        f"what train knows of the value ranks the target with roc_auc {carried:.3f} beside all other columns; "
        f"above {CARRIES:g} it should be `data.group`"
    )
    return Finding(
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
    questions = prepare_questions(material, np.flatnonzero(np.isin(other, values)))
    if questions is None:
        return 0.5
    give, places = learn_rates(_place(train, values), questions.learnt), _place(other[questions.judged], values)
    fitted = draw(len(material.train), FIT_ROWS, material.seed)
    (known,) = fit_and_score(material, material.others(name), fitted, [(material.validation, questions.judged)])
    carried = questions.mean_area_beside(give(places), known)
    if material.is_category(name):
        return carried
    beside = give(np.where(places > 1, places - 1, places + 1))
    is_exact = questions.mean_area(give(places)) > questions.mean_area(beside) + OVER_NEIGHBOURS
    return carried if is_exact else 0.5


def _place(values: Column, known: Column) -> Ints:
    places = np.searchsorted(known, values) + 1
    return np.asarray(np.where(np.isfinite(values), places, 0), dtype=np.int64)
