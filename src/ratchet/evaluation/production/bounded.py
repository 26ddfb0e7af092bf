"""Bounds of a weighted figure over rows that hang together in time, by day, or by whom they are about.

To first order a figure is a mean of influences, so its error is known in closed form for each way in which rows can
hang together, without drawing: single rows, blocks as long as the influences hang together (resampling/block_length),
days, and entities. The widest counts. Drawing days anew converges to the same error and costs hundreds of passes.
"""

from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.bounds import bound_by_error
from ratchet.evaluation.production.rows import Codes
from ratchet.evaluation.resampling import Resampling, choose_block_length, find_shortfall, sum_units
from ratchet.metrics.arrays import Floats

CONFIDENCE = 0.95  # of each bound
FEWEST_DAYS = 5  # of fewer the spread between days is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """How rows may hang together.

    Attributes:
        days: each row's day, or block of rows without a clock, as codes; rows are in the order of time.
        entities: whom each row is about, as codes; None when that is not known.
        is_ordered: whether the order of rows means something.
    """

    days: Codes
    entities: Codes | None
    is_ordered: bool

    def take(self, chosen: Codes) -> "Units":
        """Return those of some rows."""
        entities = None if self.entities is None else self.entities[chosen]
        return Units(days=self.days[chosen], entities=entities, is_ordered=self.is_ordered)


def bound(estimate: float, influence: Floats, units: Units) -> tuple[float, float]:
    """Return the one-sided lower and upper bounds of a figure.

    Args:
        estimate: the figure.
        influence: how much each row moves it, times the row's weight over the mean weight.
        units: how the rows may hang together.
    """
    rows = len(influence)
    ways = [_Way(sums=influence, units=rows, error=_error(influence, rows))]
    if units.is_ordered:
        ways += [*_by_block(influence), *_by_code(units.days, influence, fewest=FEWEST_DAYS)]
    if units.entities is not None:
        ways += _by_code(units.entities, influence, fewest=2)
    found = [
        bound_by_error(estimate, way.error, way.sums, units=(way.units, way.units), confidence=CONFIDENCE)
        for way in ways
    ]
    return min(each.lower for each in found), max(each.upper for each in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Influences added up over what is taken for independent, how many such units there are, and the error."""

    sums: Floats
    units: float
    error: float


def _error(sums: Floats, rows: int) -> float:
    units = len(sums)
    return float(np.sqrt((sums**2).sum() * units / max(units - 1, 1))) / rows


def _by_block(influence: Floats) -> list[_Way]:
    rows, block = len(influence), choose_block_length(influence)
    if block < 2:
        return []
    sums = sum_units(Resampling(method="blocks", rows=rows, draws=1, seed=0, block=block), influence)
    units = rows / block
    square = float((sums**2).mean()) / block * find_shortfall(influence, block) ** 2
    return [_Way(sums=sums, units=units, error=float(np.sqrt(square / rows * units / (units - 1))))]


def _by_code(codes: Codes, influence: Floats, *, fewest: int) -> list[_Way]:
    """Add up over each code; not where there are too few of them, or where each has one row."""
    present, places = np.unique(codes, return_inverse=True)
    if len(present) < fewest or len(present) == len(codes):
        return []
    sums = np.bincount(places, weights=influence).astype(np.float64)
    return [_Way(sums=sums, units=len(present), error=_error(sums, len(codes)))]
