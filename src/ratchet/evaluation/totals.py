"""Sums over rows, on the holdout and on each of its draws, and figures made of such sums with their bounds.

Many figures come from one pass over the draws: drawing costs more than adding up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ratchet.evaluation.bounds import find_bounds
from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.resampling import Resampling, draw_weights, plan_draws, sum_units
from ratchet.metrics.arrays import Floats
from ratchet.records.calibration import Bounded

# Bounds rest on the standard error as well as on percentiles, see bounds.py: 400 draws know it to 3.5 %.
DRAWS = 400
Figure = Callable[[Floats], Floats]  # sums of (lines, draws) -> a figure for each draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over rows, one line for each thing that is added up.

    Attributes:
        plan: how the rows were drawn.
        whole: the sums on the rows themselves, one column.
        drawn: the sums on each draw, a column each.
        confidence: of each bound.
    """

    plan: Resampling
    whole: Floats
    drawn: Floats
    confidence: float

    def part(self, lines: slice) -> "Totals":
        """Return some of the lines."""
        return replace(self, whole=self.whole[lines], drawn=self.drawn[lines])

    def bound(self, figure: Figure, influence: Floats, *, members: Floats | None = None, bias: float = 0.0) -> Bounded:
        """Bound a figure.

        Args:
            figure: makes it of the sums.
            influence: how much each row moves it, to first order and in any unit.
            members: 1 for the rows that it looks at, 0 for the others; None when it looks at all.
            bias: how much too large chance makes it at most; the lower bound gives way by as much.
        """
        estimate = float(figure(self.whole)[0])
        draws = figure(self.drawn)
        # Draws of a figure that chance makes larger are larger still: only their spread is used.
        centred = draws - (np.nanmean(draws) if np.isfinite(draws).any() else 0.0)
        stretched = estimate + centred * np.sqrt(self.plan.drawn / self.plan.rows)
        here = self.plan.units * (1.0 if members is None else float((sum_units(self.plan, members) > 0).mean()))
        units = (self.plan.units, here)
        if here < 2:
            return Bounded(estimate=estimate, lower=None, upper=None)
        sums = sum_units(self.plan, influence)
        bounds = find_bounds(estimate, stretched, sums, units=units, confidence=self.confidence)
        if bounds is None:
            return Bounded(estimate=estimate, lower=None, upper=None)
        return Bounded(estimate=estimate, lower=bounds.lower - bias, upper=bounds.upper)


def plan_for(comparison: Comparison, influences: Sequence[Floats]) -> Resampling:
    """Plan draws whose blocks are long enough for every one of several figures."""
    plans = [plan_draws(comparison.config, comparison.frame, each) for each in influences]
    longest = max(plans, key=lambda plan: plan.block)
    return replace(longest, draws=min(longest.draws, DRAWS))


def draw_totals(lines: csr_array, plan: Resampling, *, confidence: float) -> Totals:
    """Add up each line over the rows, and over the rows of each draw as often as it drew them."""
    drawn = np.concatenate([lines @ weights.T for weights in draw_weights(plan)], axis=1)
    return Totals(plan=plan, whole=lines @ np.ones((plan.rows, 1)), drawn=drawn, confidence=confidence)


def by_code(codes: NDArray[np.intp], count: int, values: Floats) -> csr_array:
    """Return one line for each code, which holds the values of its rows."""
    lines = csr_array((values, (codes, np.arange(len(codes)))), shape=(count, len(codes)))
    lines.eliminate_zeros()
    return lines
