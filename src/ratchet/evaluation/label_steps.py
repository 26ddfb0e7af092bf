"""Find where the rate of a label steps or fades in ordered rows, beside all that seasons, waves and drift do.

Rates are compared as arcsines of their roots, whose sampling error depends on the rows alone (Freeman and Tukey 1950);
twice the distance of two of them is Cohen's h (1988), whatever the rates. Neighbouring rows may be alike: the error is
as much larger as neighbouring blocks differ by more than single rows would let them.

A step counts when it is beyond chance, remains when the trend on both sides is taken out (a regression discontinuity:
Thistlethwaite and Campbell 1960), is twice any other change, and has led to rates that were never there before. A label
fades when the newest rows have hardly a third of the least that was there before, and the fewer the newer they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.metrics.arrays import Floats

Edges = NDArray[np.int64]
MOST_BLOCKS, FEWEST_BLOCKS = 60, 6
BLOCK_ROWS, BLOCK_RARE = 20, 5  # of a block: rows, and rows of the rarer side
SMOOTHED = 5  # blocks of one stretch, at most
LEAST_Z = 4.0  # the largest of all places is looked at, of every label
BEYOND_TREND = 2.0  # standard errors that are left of a step when the trend is taken out
LEAST_EFFECT = 0.2  # Cohen's h: a small effect
UNLIKE = 2.0  # times any other change
TAILS = (0.02, 0.05, 0.1, 0.15, 0.2)  # shares of the rows that a fading end may take
LEFT = 0.3  # of the least that was there before: what the newest quarter of such an end has, or less
STEADY = 0.75  # of the rate before it: what was falling all along is drift
HALF = 0.5
TINY = 1e-12
PLACES = 3  # the largest jumps are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change of a rate.

    Attributes:
        at: how many rows lie before it.
        is_sudden: whether it changed at once; else it fades towards the end.
        before: the rate just before.
        after: the rate since; where it fades, of the newest rows.
    """

    at: int
    is_sudden: bool
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Series:
    """Ordered rows, counted.

    Attributes:
        sums: hits before each row, and in all.
        edges: of the blocks.
        excess: how many times as far as by single rows neighbouring blocks are apart.
    """

    sums: Floats
    edges: Edges
    excess: float

    @property
    def width(self) -> int:
        """How many blocks a stretch has: each side has some to compare."""
        return max(min((len(self.edges) - 1) // 6, SMOOTHED), 2)

    def rate(self, begin: int, end: int) -> float:
        """Return the rate of one stretch."""
        return float(self.sums[end] - self.sums[begin]) / (end - begin)

    def count(self, begin: Edges, end: Edges) -> Floats:
        """Return the hits of stretches."""
        found: Floats = self.sums[end] - self.sums[begin]
        return found

    def turn(self, begin: Edges, end: Edges) -> Floats:
        """Return the turned rates of stretches; the error of each is `spread`."""
        return turn(self.count(begin, end), (end - begin).astype(np.float64))

    def spread(self, *rows: float) -> float:
        """Return the standard error of the difference of stretches with so many rows."""
        return self.excess * 0.5 * float(np.sqrt(sum(1 / each for each in rows)))


def turn(hits: Floats, rows: Floats) -> Floats:
    """Return the arcsine of the root of rates (Anscombe 1948); the standard error is 0.5 / sqrt(rows)."""
    turned: Floats = np.arcsin(np.sqrt((hits + 0.375) / (rows + 0.75)))
    return turned


def cut_blocks(hits: Floats) -> Edges:
    """Return the edges of blocks of equally many rows, fewer where the label comes seldom, or in a few long runs."""
    rows, runs = len(hits), int(np.count_nonzero(np.diff(hits))) // 2
    blocks = min(rows // BLOCK_ROWS, runs // BLOCK_RARE, MOST_BLOCKS)
    return _cut(0, rows, max(blocks, 1))


def find_step(hits: Floats, *, is_class: bool = True) -> Step | None:
    """Return where a rate steps, else where it fades at the end; None where the rows show neither.

    Args:
        hits: 1 where a row has the label and 0 elsewhere, in the order of time.
        is_class: whether the label is one that may no longer be collected or not be known yet; a range of a number is
            left for ever while the number drifts on.
    """
    edges = cut_blocks(hits)
    if len(edges) - 1 < FEWEST_BLOCKS:
        return None
    series = Series(np.concatenate([[0.0], np.cumsum(hits)]), edges, 1.0)
    sudden = _find_sudden(series, is_class=is_class)
    fading = _find_fading(hits, series) if is_class else None
    if sudden is None or fading is None:
        return sudden or fading
    begin = min(max(2 * sudden.at - len(hits), 0), fading.at)
    likely = [_log_likelihood(hits[begin:], _expect(step, begin, len(hits))) for step in (sudden, fading)]
    return sudden if likely[0] >= likely[1] else fading


def _expect(step: Step, begin: int, rows: int) -> Floats:
    """Return the rate of each row from a place on, as a step makes it."""
    if step.is_sudden:
        return np.where(np.arange(begin, rows) < step.at, step.before, step.after)
    known = _share_known(np.arange(begin, rows), step.at, rows)
    return step.before * known if step.after < step.before else 1 - (1 - step.before) * known


def _share_known(places: Edges, at: int, rows: int) -> Floats:
    """Return the share of labels that are known where a quarter of a fading end is their mean delay."""
    known: Floats = -np.expm1((places - rows) * 4 / (rows - at))
    return known


def _find_sudden(series: Series, *, is_class: bool) -> Step | None:
    jumps = np.abs([_jump(series, series.edges, place) for place in range(1, len(series.edges) - 1)])
    places = (int(place) + 1 for place in np.argsort(-jumps, kind="stable")[:PLACES])
    found = (_confirm(series, _refine(series, place), is_class=is_class) for place in places)
    return next(filter(None, found), None)


def _confirm(series: Series, at: int, *, is_class: bool) -> Step | None:
    """Cut the blocks anew, with the step at an edge, and hold it against everything else."""
    rows, width = int(series.edges[-1]), float(np.median(np.diff(series.edges)))
    sides = [_cut(begin, end, max(round((end - begin) / width), 1)) for begin, end in ((0, at), (at, rows))]
    if len(sides[0]) <= FEWEST_BLOCKS // 2 or len(sides[1]) < 2:
        return None
    edges = np.concatenate([sides[0], sides[1][1:]])
    place = len(sides[0]) - 1
    known = Series(series.sums, edges, _measure_excess(series, sides))
    jump = _jump(known, edges, place)
    around = int(edges[max(place - known.width, 0)]), int(edges[min(place + known.width, len(edges) - 1)])
    error = known.spread(float(at - around[0]), float(around[1] - at))
    if abs(jump) < max(LEAST_Z * error, LEAST_EFFECT / 2):
        return None
    was, since = (_stretches(known, side) for side in sides)
    others = [abs(_jump(known, side, inner)) for side in sides for inner in range(2, len(side) - 2)]
    is_apart = since.max() < was.min() if jump < 0 else since.min() > was.max()
    left, wrong = _take_trend_out(known, edges, place)
    if not is_apart or left * float(np.sign(jump)) < HALF * abs(jump):
        return None
    is_odd = abs(jump) >= UNLIKE * max(others, default=0.0) and abs(left) >= BEYOND_TREND * wrong
    if not is_odd and not (is_class and _is_gone(was, since)):
        return None
    return Step(at=at, is_sudden=True, before=known.rate(around[0], at), after=known.rate(at, rows))


def _jump(series: Series, edges: Edges, place: int) -> float:
    """Return how far the stretch from an edge on is from the one before it."""
    begin, end = edges[max(place - series.width, 0)], edges[min(place + series.width, len(edges) - 1)]
    return float(series.turn(edges[place], end) - series.turn(begin, edges[place]))


def _measure_excess(series: Series, sides: list[Edges]) -> float:
    """Compare how far neighbouring blocks of one side are apart with what single rows would let them be."""
    apart = [np.diff(series.turn(side[:-1], side[1:])) * np.sqrt(2 * np.diff(side)[1:]) for side in sides]
    every = np.concatenate(apart)
    return max(1.0, float(np.sqrt(np.mean(every**2)))) if len(every) else 1.0


def _stretches(series: Series, side: Edges) -> Floats:
    """Return the rate of every stretch of one side."""
    width = min(series.width, len(side) - 1)
    rates: Floats = series.count(side[:-width], side[width:]) / (side[width:] - side[:-width])
    return rates


def _is_gone(was: Floats, since: Floats) -> bool:
    """Tell whether the label, or its absence, has become so much rarer that no season is needed to compare with."""
    return bool(since.max() <= LEFT * was.min() or 1 - since.min() <= LEFT * (1 - was.max()))


def _take_trend_out(series: Series, edges: Edges, place: int) -> tuple[float, float]:
    """Return what is left of a step where both sides may have one trend, and the standard error of that."""
    near = edges[max(place - series.width, 0) : place + series.width + 1]
    rates, rows = series.turn(near[:-1], near[1:]), np.diff(near)
    middle = (near[:-1] + near[1:]) / 2 - edges[place]
    is_since = (near[:-1] >= edges[place]).astype(np.float64)
    columns = np.stack([np.ones(len(rates)), middle / np.abs(middle).max(), is_since], axis=1)
    weighed = columns * np.sqrt(rows)[:, None]
    inverse = np.linalg.pinv(weighed.T @ weighed)
    left = float((inverse @ weighed.T @ (rates * np.sqrt(rows)))[2])
    return left, series.excess * 0.5 * float(np.sqrt(inverse[2, 2]))


def _refine(series: Series, place: int) -> int:
    """Return the row near an edge where it is likeliest that one rate ends and another begins."""
    edges = series.edges
    low, high = edges[max(place - 2, 0)], edges[min(place + 2, len(edges) - 1)]
    begin, end = edges[max(place - series.width, 0)], edges[min(place + series.width, len(edges) - 1)]
    cuts = np.arange(max(low, begin + 1), min(high, end - 1) + 1)
    older = _likelihood(series.count(begin, cuts), cuts - begin)
    newer = _likelihood(series.count(cuts, end), end - cuts)
    return int(cuts[np.argmax(older + newer)])


def _likelihood(found: Floats, rows: Floats) -> Floats:
    rate = np.clip(found / rows, TINY, 1 - TINY)
    likelihood: Floats = found * np.log(rate) + (rows - found) * np.log(1 - rate)
    return likelihood


def _find_fading(hits: Floats, series: Series) -> Step | None:
    """Find an end over which a label, or its absence, becomes rarer than it ever was."""
    excess = _measure_excess(series, [series.edges])
    for is_hit in (True, False):
        seen = hits if is_hit else 1 - hits
        rows = Series(np.concatenate([[0.0], np.cumsum(seen)]), series.edges, excess)
        found = [*filter(None, (_fade(rows, round(share * len(hits))) for share in TAILS))]
        if found:
            step = max(found, key=lambda each: each[0])[1]
            before, after = (step.before, step.after) if is_hit else (1 - step.before, 1 - step.after)
            return Step(at=step.at, is_sudden=False, before=before, after=after)
    return None


def _fade(series: Series, width: int) -> tuple[float, Step] | None:
    """Hold the newest rows to the least that as many had before, as labels would lack that become known one by one.

    Returns:
        How much likelier that is than the least rate, and what it comes to; None where it isn't, or no more than by
        chance.
    """
    rows = int(series.edges[-1])
    at, quarter = rows - width, rows - width // 4
    ends = np.arange(at, width - 1, -max(width // 2, 1))
    if width < BLOCK_ROWS or len(ends) < FEWEST_BLOCKS // 2:
        return None
    least = float(series.count(ends - width, ends).min()) / width
    newest = series.rate(quarter, rows)
    if least * width < BLOCK_RARE or newest > LEFT * least:
        return None
    hits, known = np.diff(series.sums[at:]), least * _share_known(np.arange(at, rows), at, rows)
    gained = 2 * (_log_likelihood(hits, known) - _log_likelihood(hits, np.full(width, least)))
    if gained < (LEAST_Z * series.excess) ** 2:
        return None
    usual, earlier = series.rate(at - width, at), series.rate(at - 2 * width, at - width)
    if usual < STEADY * earlier:
        return None
    return gained, Step(at=at, is_sudden=False, before=usual, after=newest)


def _log_likelihood(hits: Floats, rates: Floats) -> float:
    rates = np.clip(rates, TINY, 1 - TINY)
    return float((hits * np.log(rates) + (1 - hits) * np.log1p(-rates)).sum())


def _cut(begin: int, end: int, parts: int) -> Edges:
    return np.linspace(begin, end, parts + 1).round().astype(np.int64)
