"""A quick model of some of the columns: what they know together, and which values settle the target without it.

A value settles the target if one answer never comes with it, though all else takes its rows for ordinary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from xgboost import DMatrix, train

from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side, as_codes, ask_questions, draw
from ratchet.records.columns import NUMBERS
from ratchet.records.leakage import Finding, LeakKind, Strength

FIT_ROWS = 8_000  # more rows and rounds change no finding on the known sets, and take the time of a candidate
ROUNDS = 40
ROUNDS_OF_MANY = 15  # each round is a tree a class
MOST_CODES = 64  # a category of more values is a number to the trees: splitting it each time costs more than it gives
SETTLED_ROWS = 25_000  # of each part: a code of one row in a hundred is there 250 times
FEWEST_SETTLED = 20.0  # rows of the other answer that were to be expected with a value, and are not there
ODDS_KEPT = 0.5  # the rest must take those rows for ordinary: it expects this share of the overall rate, or more


def fit_and_score(
    material: Material, columns: Sequence[str], fitted: Ints, sides: Sequence[tuple[Side, Ints]]
) -> list[Floats]:
    """Fit on some training rows, and score rows of other parts: a column a question."""
    if not columns:
        return [np.zeros((len(chosen), _count(material))) for _, chosen in sides]
    kinds = ["c" if _is_code(material, name) else "q" for name in columns]

    def matrix(side: Side, chosen: Ints, label: Floats | None = None) -> DMatrix:
        values = np.column_stack([side.values[name][chosen].astype(np.float32) for name in columns])
        return DMatrix(values, label=label, feature_types=kinds, enable_categorical=True, nthread=1)

    settings, wanted, rounds = _describe(material, material.train.labels[fitted])
    model = train(settings, matrix(material.train, fitted, wanted), num_boost_round=rounds)
    return [_as_questions(material, model.predict(matrix(side, chosen))) for side, chosen in sides]


def _count(material: Material) -> int:
    return int(ask_questions(material.train.labels[:1], material.train.labels, material.classes).shape[1])


def _is_code(material: Material, name: str) -> bool:
    codes = material.train.values[name]
    return material.is_category(name) and float(np.nanmax(codes, initial=0.0)) < MOST_CODES


def _describe(material: Material, labels: Floats) -> tuple[dict[str, object], Floats, int]:
    settings: dict[str, object] = {
        "tree_method": "hist", "max_depth": 5, "eta": 0.2, "max_bin": 64, "nthread": 1,
        "seed": material.seed % 2**31, "verbosity": 0,
    }  # fmt: skip
    if material.classes == 2:
        return settings | {"objective": "binary:logistic"}, labels, ROUNDS
    if material.classes:
        rounds = ROUNDS if material.classes <= 3 else ROUNDS_OF_MANY
        return settings | {"objective": "multi:softprob", "num_class": material.classes}, labels, rounds
    # Ranks: one huge value must not be all that is learnt.
    return settings | {"objective": "reg:squarederror"}, rankdata(labels) / max(len(labels), 1), ROUNDS


def _as_questions(material: Material, scores: Floats) -> Floats:
    if material.classes > 2:
        frequent = np.argsort(-np.bincount(material.train.labels.astype(np.int64), minlength=material.classes))
        scores = scores.reshape(-1, material.classes)  # of no rows they have another shape
        return np.asarray(scores[:, frequent[: _count(material)]], dtype=np.float64)
    return np.repeat(np.asarray(scores, dtype=np.float64)[:, None], _count(material), axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """Rows on which values may settle the target: the model learns on others."""

    fitted: Ints
    chosen: Sequence[tuple[Side, Ints]]
    answers: Floats


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
    """Ask all others only about a column that settles anything at the overall rates: few do, and fitting takes time."""
    codes = np.concatenate([_values_of(material, side, name)[at] for side, at in rows.chosen])
    answers = rows.answers
    if not _find_never(codes, answers, np.broadcast_to(answers.mean(axis=0), answers.shape)):
        return []
    expected = fit_and_score(material, material.others(name), rows.fitted, rows.chosen)
    return _find_never(codes, answers, np.vstack(expected))


def _values_of(material: Material, side: Side, name: str) -> Ints:
    """Categories as they are; of a number only whether there is one: a number may well settle things at its ends."""
    values = side.values[name]
    if material.config.data.features[name] in NUMBERS:
        return np.asarray(np.isnan(values), dtype=np.int64)
    return as_codes(values)


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
        f"'{name}' has {len(surprise)} value{'s' if len(surprise) > 1 else ''} with which one answer never comes: of "
        f"{rows:,} rows with one of them, all other columns expect {expected:.0f} to have it; at most "
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
