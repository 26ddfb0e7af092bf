"""Columns that give a number away together: as a weighted sum, as parts of a share, as factors."""

from collections.abc import Iterator, Sequence

import numpy as np

from ratchet.errors import list_names
from ratchet.evaluation.leakage.material import Floats, Material, draw
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS_USED = 20_000
NEARLY_SUMMED = 0.999  # share explained from which a target counts as the sum of other columns
LEAST_WEIGHT = 0.005  # of a column in such a sum, as a share of the target's spread
ROWS_A_COLUMN = 10  # a sum of many columns fits a few rows by chance
MOST_COLUMNS = 200
MOST_SHARES = 40  # columns that are tried as the whole of a share


def find_parts(numbers: Floats, target: Floats) -> tuple[int, ...]:
    """Return the places of the columns that the target is a weighted sum of; nothing where there is no such sum."""
    whole = np.isfinite(numbers).all(axis=1) & np.isfinite(target)
    columns, answers = numbers[whole], target[whole]
    if len(answers) < ROWS_A_COLUMN * max(1, columns.shape[1]) or not np.ptp(answers):
        return ()
    spread, scale = columns.std(axis=0), float(answers.std())
    if not spread.any() or not np.isfinite(spread).all() or not np.isfinite(scale) or not scale:
        return ()
    centred = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    wanted = (answers - answers.mean()) / scale
    weights = np.linalg.lstsq(centred, wanted, rcond=None)[0]
    if 1 - float(((wanted - centred @ weights) ** 2).mean()) < NEARLY_SUMMED:
        return ()
    return tuple(int(place) for place in np.flatnonzero(np.abs(weights) > LEAST_WEIGHT))


def find_sums(material: Material) -> list[Finding]:
    """Find columns whose sum, share or product is the target."""
    names = [name for name in material.features if not material.is_category(name)][:MOST_COLUMNS]
    if material.classes or not names:
        return []
    chosen = draw(len(material.train), ROWS_USED, material.seed)
    columns = np.column_stack([material.train.values[name][chosen].astype(np.float64) for name in names])
    for what, places in _try_all(columns, material.train.labels[chosen]):
        if places:
            parts = tuple(names[place] for place in places)
            return [_report(what, parts)]
    return []


def _try_all(columns: Floats, target: Floats) -> Iterator[tuple[str, tuple[int, ...]]]:
    filled = np.where(np.isfinite(columns), columns, 0.0)  # an empty part adds nothing
    yield "a weighted sum", find_parts(filled, target)
    positive = [place for place in range(columns.shape[1]) if (columns[:, place] > 0).mean() > 0.99]
    if (target > 0).mean() > 0.99:
        rows = (columns[:, positive] > 0).all(axis=1) & (target > 0)
        logs = find_parts(np.log(columns[rows][:, positive]), np.log(target[rows]))
        yield "a product or quotient", tuple(positive[place] for place in logs)
    for whole in positive[:MOST_SHARES]:
        others = [place for place in range(columns.shape[1]) if place != whole]
        parts = find_parts(filled[:, others], target * filled[:, whole])
        # The whole times a constant says nothing of the target.
        if parts and not find_parts(filled[:, [whole]], target * filled[:, whole]):
            yield "a share", (*(others[place] for place in parts), whole)


def _report(what: str, parts: Sequence[str]) -> Finding:
    reason = f"{what} of {list_names(parts)} is the target: more than {NEARLY_SUMMED:.1%} of it is explained"
    return Finding(
        kind=LeakKind.PARTS if len(parts) > 1 else LeakKind.COLUMN,
        columns=tuple(parts),
        strength=Strength.CERTAIN,
        measured=NEARLY_SUMMED,
        limit=NEARLY_SUMMED,
        reason=reason,
    )
