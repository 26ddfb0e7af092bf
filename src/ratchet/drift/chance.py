"""How far apart rows without drift would be: the exact null distribution of counts in bins, drawn.

Without drift, which of all the rows are the window's is chance alone. Given the rows in each bin, the window's counts
are then multivariate hypergeometric, whatever the distribution and however few rows a bin has; no chi-square
approximation is needed, which fails for sparse bins. The draws stop when a p-value is known well enough (Besag and
Clifford 1991), and where it is too small to be drawn, Hoeffding's bound (1963) on the shares takes its place.
"""

from collections.abc import Mapping

import numpy as np

from ratchet.drift.conversion import Counts, Floats
from ratchet.drift.distances import Measure

FIRST, MOST = 250, 8000  # draws, doubled from the first to the last number
ENOUGH = 50  # draws as far apart as the rows: the p-value is then known to about a seventh of itself
SMALLEST = 1e-4  # p-values below this come from the bound
MAX_ROWS = 500_000_000  # what NumPy draws from; more rows are scaled down, which only makes chance wider


class Chance:
    """How often each of some distances is reached by chance.

    Attributes:
        p_values: by the distance's name.
        means: what chance gives on average, by the distance's name.
    """

    def __init__(self, p_values: dict[str, float], means: dict[str, float]) -> None:
        self.p_values = p_values
        self.means = means


def measure_chance(then: Counts, now: Counts, measures: Mapping[str, Measure], chance: np.random.Generator) -> Chance:
    """Find the p-value of each distance between counts in bins; both sides have rows."""
    then, now = _scale(then, now)
    both, rows = then + now, int(now.sum())
    bound = bound_p_value(then, now)
    found = {name: _Tail(float(measure(then, now))) for name, measure in measures.items()}
    made, more = 0, FIRST
    while more:
        drawn = chance.multivariate_hypergeometric(both, rows, size=more, method="marginals")
        for name, measure in measures.items():
            found[name].add(measure(both - drawn, drawn))
        made += more
        is_known = bound <= SMALLEST or all(each.reached >= ENOUGH for each in found.values())
        more = 0 if is_known or made >= MOST else made
    p_values = {name: bound if bound <= SMALLEST else each.p_value() for name, each in found.items()}
    return Chance(p_values, {name: each.total / each.draws for name, each in found.items()})


def bound_p_value(then: Counts, now: Counts) -> float:
    """Bound how often any bin's share is as far from that of all the rows, either way, by Hoeffding's inequality."""
    rows, everyone = now.sum(), (then + now).sum()
    expected = (then + now) / everyone
    share = now / rows
    distance = _entropy(share, expected) + _entropy(1 - share, 1 - expected)
    used = int(np.count_nonzero(then + now))
    # the same table seen from the side of the reference's rows gives a bound as well
    rows_then, share_then = then.sum(), then / then.sum()
    other = _entropy(share_then, expected) + _entropy(1 - share_then, 1 - expected)
    exponent = max(float((rows * distance).max()), float((rows_then * other).max()))
    return float(min(1.0, 4 * used * np.exp(-exponent)))


class _Tail:
    """Counts draws that reach a value."""

    def __init__(self, value: float) -> None:
        self._limit = value * (1 - 1e-12)  # a draw that is the same table again reaches it, whatever the last digit
        self.reached, self.draws, self.total = 0, 0, 0.0

    def add(self, drawn: Floats) -> None:
        if self.reached < ENOUGH:
            self.reached += int(np.count_nonzero(drawn >= self._limit))
            self.draws += len(drawn)
            self.total += float(drawn.sum())

    def p_value(self) -> float:
        # what the bound may have taken away is given back, so that the p-value is never too small
        return min(1.0, (self.reached + 1) / (self.draws + 1) + SMALLEST)


def _scale(then: Counts, now: Counts) -> tuple[Counts, Counts]:
    factor = -(-int((then + now).sum()) // MAX_ROWS)
    if factor == 1:
        return then, now
    return -(-then // factor), -(-now // factor)


def _entropy(share: Floats, expected: Floats) -> Floats:
    is_used = (share > 0) & (expected > 0)
    ratio = np.divide(share, expected, out=np.ones_like(expected), where=is_used)
    return np.asarray(share * np.log(ratio))
