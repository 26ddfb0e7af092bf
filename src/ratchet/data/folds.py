"""Folds: blocks of rows, each with the rows that may teach who predicts it.

By time they are chained: one after the other, each with the rows that were known before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
JUDGED = 0.4  # of the rows before the holdout: the blocks divide these, and what is older only teaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One block and what was known before it, as positions; by time, in rows that stand in its order.

    Attributes:
        known: rows that may teach: by time, those whose label was known when the block began.
        judged: the block.
    """

    known: Positions
    judged: Positions


def cut_folds(moments: npt.NDArray[np.int64], count: int, *, delay: int = 0) -> tuple[Fold, ...]:
    """Cut the newest rows into blocks, the oldest first; a block without earlier known rows is left out.

    Args:
        moments: of rows in the order of time.
        count: how many blocks.
        delay: until a label is known, in the unit of the moments.
    """
    return tuple(_cut(moments, count, delay))


def deal_folds(groups: Positions, count: int, *, seed: int) -> tuple[Fold, ...]:
    """Deal rows without an order into blocks, each judged by all the others; a group stays in one.

    Args:
        groups: of each row, as a number.
        count: how many blocks.
        seed: of the shuffle.
    """
    names, inverse = np.unique(groups, return_inverse=True)
    block = np.random.default_rng(seed).permutation(len(names))[inverse] % count
    return tuple(
        Fold(known=np.flatnonzero(block != each), judged=np.flatnonzero(block == each)) for each in range(count)
    )


def keep_groups_out(fold: Fold, groups: Positions) -> Fold:
    """Let no group that is judged teach as well."""
    apart = ~np.isin(groups[fold.known], groups[fold.judged])
    return Fold(known=fold.known[apart], judged=fold.judged)


def _cut(moments: npt.NDArray[np.int64], count: int, delay: int) -> Iterator[Fold]:
    rows = len(moments)
    wanted = np.linspace(rows * (1 - JUDGED), rows, count, endpoint=False).astype(np.int64)
    starts = np.searchsorted(moments, moments[wanted], side="left")  # never inside one moment
    for start, end in zip(starts, [*starts[1:], rows], strict=True):
        known = int(np.searchsorted(moments, moments[start] - delay, side="right" if delay else "left"))
        if known and start < end:
            yield Fold(known=np.arange(min(known, start)), judged=np.arange(start, end))
