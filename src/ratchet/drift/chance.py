"""How far apart rows without drift would be: the exact null distribution of counts in bins, drawn.

Without drift, which of all the rows are the window's is chance alone. Given the rows in each bin, the window's counts
are then multivariate hypergeometric, whatever the distribution and however few rows a bin has; no chi-square
approximation is needed, which fails for sparse bins. The draws stop when a p-value is known well enough (Besag and
Clifford 1991), and where it is too small to be drawn, Hoeffding's bound (1963) on the shares takes its place.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ratchet.drift.conversion import Counts, Floats
from ratchet.drift.distances import Measure

DRAWS = (250, 250, 500, 1000, 2000, 4000)  # at a time, so that their number doubles
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
    bound = bound_p_value(then, now)
    is_bounded = bound <= SMALLEST
    found = {name: _Tail(measure, then, now) for name, measure in measures.items()}
    # of a p-value that the bound gives, only the mean is left to be drawn
    _draw(list(found.values()), then, now, chance, DRAWS[:1] if is_bounded else DRAWS)
    p_values = {name: bound if is_bounded else each.p_value() for name, each in found.items()}
    return Chance(p_values, {name: each.total / each.draws for name, each in found.items()})


def measure_means(
    then: Counts, now: Counts, measures: Mapping[str, Measure], chance: np.random.Generator
) -> dict[str, float]:
    """Return what each distance between counts in bins is on average by chance; both sides have rows."""
    then, now = _scale(then, now)
    tails = {name: _Tail(measure, then, now) for name, measure in measures.items()}
    _draw(list(tails.values()), then, now, chance, DRAWS[:1])
    return {name: each.total / each.draws for name, each in tails.items()}


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
    """Counts draws that are as far apart as the rows."""

    def __init__(self, measure: Measure, then: Counts, now: Counts) -> None:
        self._measure = measure
        # a draw that is the same table again reaches it, whatever the last digit
        self._limit = float(measure(then, now)) * (1 - 1e-12)
        self.reached, self.draws, self.total = 0, 0, 0.0

    @property
    def is_known(self) -> bool:
        return self.reached >= ENOUGH

    def add(self, then: Counts, now: Counts) -> None:
        if self.is_known:
            return
        drawn = self._measure(then, now)
        self.reached += int(np.count_nonzero(drawn >= self._limit))
        self.draws += len(drawn)
        self.total += float(drawn.sum())

    def p_value(self) -> float:
        # what the bound may have taken away is given back, so that the p-value is never too small
        return min(1.0, (self.reached + 1) / (self.draws + 1) + SMALLEST)


def _draw(tails: Sequence[_Tail], then: Counts, now: Counts, chance: np.random.Generator, sizes: Sequence[int]) -> None:
    both, rows = then + now, int(now.sum())
    for size in sizes:
        drawn = chance.multivariate_hypergeometric(both, rows, size=size, method="marginals")
        for tail in tails:
            tail.add(both - drawn, drawn)
        if all(tail.is_known for tail in tails):
            return


def _scale(then: Counts, now: Counts) -> tuple[Counts, Counts]:
    factor = -(-int((then + now).sum()) // MAX_ROWS)
    if factor == 1:
        return then, now
    return -(-then // factor), -(-now // factor)


def _entropy(share: Floats, expected: Floats) -> Floats:
    is_used = (share > 0) & (expected > 0)
    ratio = np.divide(share, expected, out=np.ones_like(expected), where=is_used)
    return np.asarray(share * np.log(ratio))
