"""Draw the holdout anew: single rows, blocks of neighbouring rows, or whole groups.

A draw is a count for each row. The same plan gives the same draws every time, so that challenger, champion and all
slices are measured on the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ratchet.metrics.arrays import Floats

CELLS = 1 << 18  # counts held at once: 2 MB stays in a processor's cache, whatever the number of rows
Method = Literal["rows", "blocks", "groups"]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How a holdout is drawn anew.

    Attributes:
        method: "rows", "blocks" or "groups".
        rows: rows in the holdout.
        draws: how often.
        seed: the same seed gives the same draws.
        block: rows in a block; 1 unless the method is "blocks".
        groups: each row's group, as codes from 0 without gaps; None unless the method is "groups".
    """

    method: Method
    rows: int
    draws: int
    seed: int
    block: int = 1
    groups: Codes | None = None

    @property
    def units(self) -> float:
        """How many rows, blocks or groups there are: what is drawn as if it were independent."""
        if self.groups is not None:
            return float(self.groups.max() + 1)
        return self.rows / self.block

    @property
    def blocks(self) -> int:
        """How many blocks (or rows) make one draw: enough for as many rows as there are."""
        return -(-self.rows // self.block)

    @property
    def drawn(self) -> int:
        """How many rows one draw has; with groups, on average."""
        return self.blocks * self.block


def draw_weights(plan: Resampling) -> Iterator[Floats]:
    """Give the draws in chunks: a line a draw, and in it how often each row was drawn."""
    generator = np.random.default_rng(plan.seed)
    at_once = max(1, CELLS // plan.rows)
    for start in range(0, plan.draws, at_once):
        yield _draw_chunk(plan, generator, min(at_once, plan.draws - start))


def sum_units(plan: Resampling, values: Floats) -> Floats:
    """Add up a value (or a line of them) over the rows of each unit that can be drawn.

    Blocks overlap, one from each row on, and go on at the start.
    """
    if plan.groups is not None:
        columns = values.reshape(plan.rows, -1).T
        added = np.column_stack([np.bincount(plan.groups, weights=each) for each in columns]).astype(np.float64)
        return added.reshape(-1, *values.shape[1:])
    if plan.block == 1:
        return values
    total = np.cumsum(np.concatenate((np.zeros_like(values[:1]), values, values[: plan.block])), axis=0)
    sums: Floats = total[plan.block : plan.block + plan.rows] - total[: plan.rows]
    return sums


def sum_draws(plan: Resampling, values: Floats) -> Floats:
    """Add up each column of values over the rows of each draw: a line a draw.

    The draws are those of `draw_weights`; blocks and groups are added up once, so that no row is looked at twice.
    """
    units, generator = sum_units(plan, values), np.random.default_rng(plan.seed)
    is_gathered = plan.block > 1
    at_once = max(1, CELLS // (plan.blocks * units.shape[1] if is_gathered else len(units)))
    chunks = []
    for start in range(0, plan.draws, at_once):
        draws = min(at_once, plan.draws - start)
        if is_gathered:
            picked = generator.integers(0, plan.rows, size=(draws, plan.blocks))
            chunks.append(units[picked].sum(axis=1))
        else:
            chunks.append(_count(generator, draws, len(units), len(units)).astype(np.float64) @ units)
    return np.concatenate(chunks)


def _draw_chunk(plan: Resampling, generator: np.random.Generator, draws: int) -> Floats:
    if plan.groups is not None:
        counts = _count(generator, draws, int(plan.units), int(plan.units))
        return counts[:, plan.groups].astype(np.float64)
    counts = _count(generator, draws, plan.rows, plan.blocks)
    if plan.block == 1:
        return counts.astype(np.float64)
    # a row is drawn once for each block that starts on it or less than a block before it, around the end
    total = np.cumsum(np.concatenate((counts[:, plan.rows - plan.block + 1 :], counts), axis=1), axis=1)
    weights = total[:, plan.block - 1 :].astype(np.float64)
    weights[:, 1:] -= total[:, : plan.rows - 1]
    return weights


def _count(generator: np.random.Generator, draws: int, among: int, drawn: int) -> NDArray[np.intp]:
    picked = generator.integers(0, among, size=(draws, drawn))
    picked += np.arange(draws)[:, None] * among
    return np.bincount(picked.ravel(), minlength=draws * among).reshape(draws, among)
