"""Holdout rows that stand in train as well, or nearly: rounded, jittered, or with other values in a few columns.

Two rows agree by so many bits: minus the logarithm of how often a value as close as this comes in train, added up over
the columns. Bits of columns that go together count twice, so they are set right by pairs of random training rows, whose
best agreement among n must be log2(n) bits: where a table has few different rows, these agree in everything too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.leakage.material import Column, Ints, Material, draw
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Finding, LeakKind, Strength

HOLDOUT_ROWS = 2_000  # a share of 1 % is 20 rows
BANDS = 12  # tries with other columns: a copy with a fifth of its columns changed is found in nearly all
MATCHES = 2  # looked at a band and row
BAND_WIDTH = 0.05  # of a standard deviation: rounding stays inside nine times of ten
SPARE_BITS = 4  # more than the rows have, in the columns of a band
NEAR = 0.02  # share of train within the distance of two values that still count as alike
SAME = 1e-6  # of a standard deviation
MOST_SAME = 0.8  # of the columns, where only the same values count: rows share a few zeros by nature
SURPLUS = 10.0  # bits beyond the best agreement by chance: one row in a thousand has as many
DRAWN, OTHERS = 100, 600  # training rows that show how far rows agree by chance
SAME_TARGET = 0.9  # of the pairs: rows that agree in features alone are measurements repeated, not copies
CERTAIN = 5.0  # times the limit
FEWEST = 5  # rows: below that a share says nothing
Bits = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One column of both sides, and how much it says that two of its values agree."""

    train: Column
    holdout: Column
    scale: float
    agree: Callable[[Column, Column], Bits]
    bits: float


def find_duplicates(material: Material) -> list[Finding]:
    """Find holdout rows that agree with a training row beyond chance, in target as in features."""
    chosen = draw(len(material.holdout), HOLDOUT_ROWS, material.seed)
    columns = [each for name in material.features if (each := _make_column(material, name, chosen))]
    rows = len(material.train)
    pairs = _find_pairs(columns, rows, len(chosen), material.seed)
    if not len(pairs):
        return []
    agreed = _agree(columns, pairs[:, 0], pairs[:, 1])
    excess = _excess_by_chance(columns, rows, material.seed)
    # Each kind of agreement on its own: strangers that one takes for copies would excuse the other's by their targets.
    for bits, expected in zip(agreed, excess, strict=True):
        surplus = bits / expected - np.log2(rows)
        order = np.lexsort((-surplus, pairs[:, 0]))
        best = order[np.unique(pairs[order, 0], return_index=True)[1]]
        copied = best[surplus[best] >= SURPLUS]
        same = _same_target(material, chosen[pairs[copied, 0]], pairs[copied, 1]) if len(copied) >= FEWEST else 0.0
        if found := _report(material, share=len(copied) / len(chosen), same=same, rows=len(chosen)):
            return found
    return []


def _make_column(material: Material, name: str, chosen: Ints) -> _Column | None:
    train, holdout = material.train.values[name], material.holdout.values[name][chosen]
    known: Column = train[np.isfinite(train)]
    known.sort()
    if not len(known) or (known[0] == known[-1] and len(known) == len(train)):
        return None
    scale = 0.0 if material.is_category(name) else _spread(known)
    agree = _agreement(known, len(train), scale)
    sample = train[draw(len(train), 400, material.seed)]
    bits = float(np.median(agree(sample, sample)[0]))
    return _Column(train=train, holdout=holdout, scale=scale, agree=agree, bits=min(bits, _band_bits(known, scale)))


def _spread(known: Column) -> float:
    """Return a standard deviation that single huge values do not move."""
    lower, upper = known[[len(known) // 10, len(known) * 9 // 10]]
    return float(upper - lower) / 2.56 or float(known[-1] - known[0]) / 2.56


def _band_bits(known: Column, scale: float) -> float:
    """Return the bits of two values in one band; a category has no band."""
    if not scale:
        return np.inf
    counts = np.unique(np.floor(known / (BAND_WIDTH * scale)), return_counts=True)[1]
    return float(-np.log2(((counts / counts.sum()) ** 2).sum()))


def _agreement(known: Column, rows: int, scale: float) -> Callable[[Column, Column], Bits]:
    missing = np.log2((rows + 1) / max(rows - len(known), 1))
    distinct, counts = np.unique(known, return_counts=True)  # of codes a few, where the sorted column has every row
    below = np.concatenate([[0], np.cumsum(counts)])

    def agree(one: Column, other: Column) -> Bits:
        distance = np.abs(one - other)
        reach = np.maximum(distance, SAME * scale)
        upper, lower = np.searchsorted(distinct, one + reach, side="right"), np.searchsorted(distinct, one - reach)
        count = below[upper] - below[lower]
        is_near = (distance <= SAME * scale) | ((count <= NEAR * rows) & (scale > 0))
        bits = np.where(is_near, np.log2((rows + 1) / np.maximum(count, 1)), 0.0)
        both = np.stack([bits, np.where(distance <= SAME * scale, bits, 0.0)])
        found: Bits = np.where(np.isnan(one) & np.isnan(other), missing, np.nan_to_num(both))
        return found

    return agree


def _find_pairs(columns: Sequence[_Column], rows: int, judged: int, seed: int) -> Ints:
    """Return pairs of a holdout and a training row that agree in some random columns."""
    chance = np.random.default_rng([seed, 1])
    found = [np.empty((0, 2), dtype=np.int64)]
    for _ in range(BANDS if columns else 0):
        chosen = _choose(columns, np.log2(max(rows, 2)) + SPARE_BITS, chance)
        hashes = _hash(chosen, chance)
        order = np.argsort(hashes[0], kind="stable")
        ordered = hashes[0][order]
        first = np.searchsorted(ordered, hashes[1], side="left")
        for step in range(MATCHES):
            at = np.minimum(first + step, rows - 1)
            hit = np.flatnonzero((first + step < rows) & (ordered[at] == hashes[1]))
            found.append(np.column_stack([hit, order[at[hit]]]))
    pairs = np.concatenate(found)
    return np.unique(pairs[:, 0] * rows + pairs[:, 1])[:, None] // [rows, 1] % [judged, rows] if len(pairs) else pairs


def _choose(columns: Sequence[_Column], bits: float, chance: np.random.Generator) -> list[_Column]:
    chosen: list[_Column] = []
    for at in chance.permutation(len(columns)):
        chosen.append(columns[at])
        bits -= columns[at].bits
        if bits <= 0:
            break
    return chosen


def _hash(columns: Sequence[_Column], chance: np.random.Generator) -> list[NDArray[np.uint64]]:
    """Hash what falls into the same bands; where bands begin is drawn, so that no value is always at an edge."""
    sums = [np.zeros(len(side), dtype=np.uint64) for side in (columns[0].train, columns[0].holdout)]
    for column in columns:
        factor = np.uint64(int(chance.integers(1, 2**62)) * 2 + 1)
        width, begin = BAND_WIDTH * column.scale or 1.0, chance.random() if column.scale else 0.0
        for total, values in zip(sums, (column.train, column.holdout), strict=True):
            places = np.clip(np.floor(values.astype(np.float64) / width + begin), -(2**52), 2**52)
            total += np.nan_to_num(places, nan=2.0**53).astype(np.int64).view(np.uint64) * factor
            total ^= total >> np.uint64(29)
    return sums


def _agree(columns: Sequence[_Column], holdout: Ints, train: Ints) -> Bits:
    """Return the bits of pairs: of all that is close, and of what is the same in rows that are the same in most."""
    bits, same = np.zeros((2, len(holdout))), np.zeros(len(holdout))
    for column in columns:
        found = column.agree(column.holdout[holdout], column.train[train])
        bits += found
        same += found[1] > 0
    bits[1, same < MOST_SAME * len(columns)] = 0.0
    return bits


def _excess_by_chance(columns: Sequence[_Column], rows: int, seed: int) -> Bits:
    """Return by how much bits are too many: the best agreement of half the rows with others, over what it must be.

    Closeness in several columns adds up between strangers, so that the two kinds of bits are set right apart.
    """
    chosen = np.random.default_rng([seed, 2]).permutation(rows)[: DRAWN + OTHERS]
    drawn, others = chosen[: min(DRAWN, rows // 3)], chosen[min(DRAWN, rows // 3) :]
    if not len(drawn):
        return np.full(2, np.inf)
    one, other = np.repeat(drawn, len(others)), np.tile(others, len(drawn))
    bits = np.zeros((2, len(one)))
    for column in columns:
        bits += column.agree(column.train[one], column.train[other])
    best = bits.reshape(2, len(drawn), len(others)).max(axis=2)
    excess: Bits = np.maximum(1.0, np.median(best, axis=1) / np.log2(max(len(others), 2)))
    return excess


def _same_target(material: Material, holdout: Ints, train: Ints) -> float:
    ours, theirs = material.holdout.labels[holdout], material.train.labels[train]
    near = 0.0 if material.classes else 0.02 * _spread(np.sort(material.train.labels))
    return float((np.abs(ours - theirs) <= near).mean())


def _report(material: Material, *, share: float, same: float, rows: int) -> list[Finding]:
    limit = material.config.gates.of(LeakGate).max_duplicate_share
    if share <= limit or same < SAME_TARGET:
        return []
    reason = (
        f"{share:.1%} of {rows:,} holdout rows stand in train as well, or nearly, with the same target in {same:.0%} "
        f"of them; at most {limit:.1%} may"
    )
    return [
        Finding(
            kind=LeakKind.DUPLICATES,
            columns=(),
            strength=Strength.CERTAIN if share > CERTAIN * limit else Strength.SUSPECTED,
            measured=share,
            limit=limit,
            reason=reason,
        )
    ]
