"""Values that settle the target: one answer never comes with them, though all else takes their rows for ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side, as_codes, ask_questions, draw
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.records.leakage import Finding, LeakKind, Strength

SETTLED_ROWS = 25_000  # of each part: a code of one row in a hundred is there 250 times
FEWEST_SETTLED = 20.0  # rows of the other answer that were to be expected with a value, and are not there
ODDS_KEPT = 0.5  # the rest must take those rows for ordinary: it expects this share of the usual rate, or more


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
