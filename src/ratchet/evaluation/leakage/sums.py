"""Columns that give a number away together: as a weighted sum, as parts of a share, as factors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.errors import list_names
from ratchet.evaluation.leakage.material import Floats, Material, draw
from ratchet.evaluation.leakage.memory import is_told_by_the_past
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS_USED = 20_000
NEARLY_SUMMED = 0.999  # share explained from which a target counts as the sum of other columns
LEAST_WEIGHT = 0.005  # of a column in such a sum, as a share of the target's spread
ROWS_A_COLUMN = 10  # a sum of many columns fits a few rows by chance
MOST_COLUMNS = 200
FEWEST_ROWS = 200  # for powers that can be told from others
MOSTLY_KNOWN = 0.9  # of the rows, where a product is looked for among those that are known
MOSTLY = 0.99  # of the rows must be above 0 where logarithms are taken or shares are of it
NEARLY_MADE = 0.07  # standard deviation of what a product leaves, in logarithms: within a few percent
LITTLE_LEFT = 0.05  # of the target's variance in logarithms; and of what any one factor fewer leaves
UNIT = 0.1  # how far powers may be from 1 and -1
POWER = 0.25  # below that a column is no factor
MOST_SHARES = 40  # columns that are tried as the whole of a share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The places of columns that make the target together, and how."""

    what: str
    places: tuple[int, ...]


def find_parts(numbers: Floats, target: Floats) -> tuple[int, ...]:
    """Return the places of the columns that the target is a weighted sum of; nothing where there is no such sum."""
    whole = np.isfinite(numbers).all(axis=1) & np.isfinite(target)
    columns, answers = numbers[whole], target[whole]
    if len(answers) < ROWS_A_COLUMN * max(1, columns.shape[1]) or not np.ptp(answers):
        return ()
    spread, scale = columns.std(axis=0), float(answers.std())
    if not _can_be_scaled(spread, scale):
        return ()
    centred = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    wanted = (answers - answers.mean()) / scale
    weights = np.linalg.lstsq(centred, wanted, rcond=None)[0]
    if 1 - float(((wanted - centred @ weights) ** 2).mean()) < NEARLY_SUMMED:
        return ()
    return tuple(np.flatnonzero(np.abs(weights) > LEAST_WEIGHT).tolist())


def _can_be_scaled(spread: Floats, scale: float) -> bool:
    """Tell whether something moves, and nothing so far that its square is endless."""
    return bool(scale and spread.any() and np.isfinite(scale) and np.isfinite(spread).all())


def find_sums(material: Material) -> list[Finding]:
    """Find columns whose sum, share or product is the target."""
    names = material.numbers[:MOST_COLUMNS]
    if material.classes or not names:
        return []
    chosen = draw(len(material.train), ROWS_USED, material.seed)
    columns = np.column_stack([material.train.values[name][chosen].astype(np.float64) for name in names])
    filled = np.where(np.isfinite(columns), columns, 0.0)  # an empty part adds nothing
    first = next(_try_all(filled, material.train.labels[chosen]), None)
    if first:
        return [_report(first.what, [names[place] for place in first.places])]
    return _find_products(material, names, columns, material.train.labels[chosen])


def _find_products(material: Material, names: Sequence[str], columns: Floats, target: Floats) -> list[Finding]:
    factors = [names[place] for place in find_factors(columns, target)]
    # This hour is yesterday's times what the last hour was to its own yesterday: honest lags make near products too.
    is_honest = not factors or any(is_told_by_the_past(material, name) for name in factors)
    return [] if is_honest else [_report_factors(factors)]


def find_factors(columns: Floats, target: Floats) -> tuple[int, ...]:
    """Return the places of columns whose product or quotient is the target within a few percent."""
    positive = np.flatnonzero((columns > 0).mean(axis=0) > MOSTLY_KNOWN)
    rows = (columns[:, positive] > 0).all(axis=1) & (target > 0)
    if rows.sum() < max(FEWEST_ROWS, MOSTLY_KNOWN * len(rows) / 2) or len(positive) < 2:
        return ()
    logs, wanted = np.log(columns[rows][:, positive]), np.log(target[rows])
    powers = _fit_powers(logs, wanted)[0]
    places = np.flatnonzero(np.abs(powers) >= POWER)
    return tuple(positive[places].tolist()) if _is_product(logs[:, places], wanted) else ()


def _is_product(logs: Floats, wanted: Floats) -> bool:
    """Tell whether two or more columns, each with a power near 1 or -1, leave next to nothing, and none can be spared.

    Fitted powers would make a product of any strong columns; the ones of an invoice are whole.
    """
    if logs.shape[1] < 2:
        return False
    powers, left = _fit_powers(logs, wanted)
    if left > min(NEARLY_MADE**2, LITTLE_LEFT * float(wanted.var())) or np.abs(np.abs(powers) - 1).max() > UNIT:
        return False
    spared = [_fit_powers(np.delete(logs, at, axis=1), wanted)[1] for at in range(logs.shape[1])]
    return bool(left <= LITTLE_LEFT * min(spared))


def _fit_powers(logs: Floats, wanted: Floats) -> tuple[Floats, float]:
    """Return the power of each column, and the variance that is left."""
    centred, answers = logs - logs.mean(axis=0), wanted - wanted.mean()
    powers = np.asarray(np.linalg.lstsq(centred, answers, rcond=1e-9)[0], dtype=np.float64)
    return powers, float(((answers - centred @ powers) ** 2).mean())


def _report_factors(factors: Sequence[str]) -> Finding:
    reason = (
        f"a product or quotient of {list_names(factors)} is the target within a few percent: what is left moves by "
        f"less than {NEARLY_MADE:.0%}"
    )
    return Finding(
        kind=LeakKind.PARTS,
        columns=tuple(factors),
        strength=Strength.SUSPECTED,
        measured=NEARLY_MADE,
        limit=NEARLY_MADE,
        reason=reason,
    )


def _try_all(columns: Floats, target: Floats) -> Iterator[_Parts]:
    for attempt in (_try_sum, _try_product, _try_shares):
        yield from attempt(columns, target)


def _try_sum(columns: Floats, target: Floats) -> Iterator[_Parts]:
    if places := find_parts(columns, target):
        yield _Parts(what="a weighted sum", places=places)


def _try_product(columns: Floats, target: Floats) -> Iterator[_Parts]:
    if (target > 0).mean() <= MOSTLY:
        return
    positive = _list_positive(columns)
    rows = (columns[:, positive] > 0).all(axis=1) & (target > 0)
    if places := find_parts(np.log(columns[rows][:, positive]), np.log(target[rows])):
        yield _Parts(what="a product or quotient", places=tuple(positive[place] for place in places))


def _try_shares(columns: Floats, target: Floats) -> Iterator[_Parts]:
    for whole in _list_positive(columns)[:MOST_SHARES]:
        others = np.delete(np.arange(columns.shape[1]), whole)
        part = target * columns[:, whole]
        places = find_parts(columns[:, others], part)
        # The whole times a constant says nothing of the target.
        if places and not find_parts(columns[:, [whole]], part):
            yield _Parts(what="a share", places=(*others[list(places)].tolist(), whole))


def _list_positive(columns: Floats) -> list[int]:
    places: list[int] = np.flatnonzero((columns > 0).mean(axis=0) > MOSTLY).tolist()
    return places


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
