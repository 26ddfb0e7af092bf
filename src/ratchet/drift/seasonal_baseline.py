"""How far windows of the reference are from the rest of it: what a window shows when nothing has changed.

Rows of one week hang together: one heatwave, one tariff, one campaign. A window is then further from the reference
than so many independent rows would ever be, with certainty and without any drift. How far is not a matter of theory:
the reference itself is cut into windows as long as the window, and each is compared with all the others.

Earlier windows as long as this one, from stored profiles, and columns whose drift grows over them.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from math import factorial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import stdtrit
from scipy.stats import false_discovery_control

from ratchet.drift.chance import measure_chance, measure_means
from ratchet.drift.conversion import Counts
from ratchet.drift.distances import PSI, IndexParts, find_parts, measures_of_parts, tally
from ratchet.drift.merging import merge_profiles
from ratchet.drift.profiles import profile_rows
from ratchet.records.drift import Trend
from ratchet.records.monitoring import EarlierEffects, StoredProfile
from ratchet.records.profile import ColumnBins, ColumnCounts, Profile, Reference
from ratchet.timeline import Window

LEAST_WINDOWS = 3  # two windows have one distance, which says nothing of its spread
FEW = 6  # below this the bound on one more says little more than that it may be anywhere
ENOUGH = 20  # windows have a 95th percentile of their own
SHARE = 0.95  # how often the next window is at most as far, if nothing changes
MOST_WINDOWS = 26  # half a year of weeks; of a longer reference so many, evenly spread
NO_WINDOW = -1
MOST_EARLIER = 12  # a quarter of weeks
Effects = Mapping[str, float | None]  # of one window, by column; None where nothing was measured


def measure_seasonal_baseline(
    reference: Reference, whole: Profile, windows: Sequence[Profile], *, significance: float, seed: int = 0
) -> dict[str, IndexParts]:
    """Return, by column, the effect that the next window stays within 95 times in 100, if nothing changes.

    That is what 95 % of the windows stay within. Few windows have no such percentile: of eight, one more is the
    furthest once in nine times. Then it is at least Student's bound on one more, on the roots: an index is the square
    of something like a distance.
    A window counts only where it is further from the rest than chance, corrected for the number of windows: of rows
    that do not hang together nothing is baseline, and nothing is taken off a drift.

    Args:
        reference: the bins.
        whole: the profile of all the reference's rows.
        windows: profiles of parts of these rows, none in two of them, each as long as the window.
        significance: the highest p-value of more than chance.
        seed: of the draws that say what chance does.
    """
    parts = [each for each in windows if each.rows]
    if len(parts) < LEAST_WINDOWS:
        return {}
    return {
        bins.name: _find_baseline(bins, whole.columns[at], [each.columns[at] for each in parts], significance, seed)
        for at, bins in enumerate(reference.columns)
        if not (bins.problem or whole.columns[at].problem)
    }


def measure_effects(
    reference: Reference, then: Profile, now: Profile, *, baseline: Mapping[str, IndexParts], seed: int = 0
) -> dict[str, float | None]:
    """Return each column's effect alone, as `compare_profiles` does, in a fraction of the time."""
    if not (then.rows and now.rows):
        return {bins.name: None for bins in reference.columns}
    columns = zip(reference.columns, then.columns, now.columns, strict=True)
    return {bins.name: _find_effect(bins, before, after, baseline, seed) for bins, before, after in columns}


def draw_for(name: str, seed: int) -> np.random.Generator:
    """Return a generator that is a column's own, so that its figures depend on no other column."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _find_effect(
    bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, baseline: Mapping[str, IndexParts], seed: int
) -> float | None:
    if bins.problem or then.problem or now.problem:
        return None
    counts = tally(bins, then, now)
    means = measure_means(counts.then, counts.now, measures_of_parts(counts), draw_for(bins.name, seed))
    return find_parts(counts, means).beyond(baseline.get(bins.name))


def _find_baseline(
    bins: ColumnBins, whole: ColumnCounts, windows: Sequence[ColumnCounts], significance: float, seed: int
) -> IndexParts:
    # each category of a window is one that the reference knows, so none is expected to be new
    known = replace(bins, once=(0,) * len(bins.once))
    found = [_compare_with_rest(known, whole, part, seed) for part in windows if not part.problem]
    shares = false_discovery_control([p_value for _, p_value in found], method="bh") if found else ()
    shown = [parts for (parts, _), share in zip(found, shares, strict=True) if share <= significance]
    rest = len(found) - len(shown)
    return IndexParts(
        values=_bound_next([*(max(0.0, each.values) for each in shown), *[0.0] * rest]),
        extras=_bound_next([*(max(0.0, each.extras) for each in shown), *[0.0] * rest]),
    )


def _compare_with_rest(
    bins: ColumnBins, whole: ColumnCounts, part: ColumnCounts, seed: int
) -> tuple[IndexParts, float]:
    """Return the effect of a window against all other rows, and its p-value."""
    counts = tally(bins, whole, part)
    apart = replace(counts, then=np.maximum(counts.then - counts.now, 0))
    if not (apart.then.sum() and apart.now.sum()):
        return IndexParts(values=0.0, extras=0.0), 1.0
    found = measure_chance(apart.then, apart.now, measures_of_parts(apart), draw_for(bins.name, seed))
    return find_parts(apart, found.means), found.p_values[PSI]


def _bound_next(effects: Sequence[float]) -> float:
    count = len(effects)
    if not any(effects):
        return 0.0
    furthest = float(np.quantile(effects, SHARE, method="higher"))
    if not FEW <= count < ENOUGH:
        return furthest
    roots = np.sqrt(effects)
    reach = float(stdtrit(count - 1, SHARE) * roots.std(ddof=1) * np.sqrt(1 + 1 / count))
    return max(furthest, (float(roots.mean()) + reach) ** 2)


def number_rows(places: pa.ChunkedArray, window: Window, *, known: int) -> Counts:
    """Return the number of the window that each row is in, as `number_windows` does.

    Args:
        places: the rows' times, or their row numbers where there is no clock.
        window: as long as each of the windows.
        known: how many rows there are, of which these may be a sample.
    """
    if window.has_clock:
        moments = np.asarray(places.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
        return number_windows(moments, window.length)
    # without a clock a window is so many rows of the reference, whichever rows lie between them
    ranks = np.asarray(pc.rank(places, tiebreaker="first")).astype(np.int64)
    return number_windows(ranks, max(1, window.length * len(ranks) // max(known, 1)))


def number_windows(moments: Counts, span: int) -> Counts:
    """Return the number of the window that each row is in, in order of time; `NO_WINDOW` for rows in none.

    A last window that is not full is none, and of very many windows only some are taken.

    Args:
        moments: of each row, in any order: microseconds, or row numbers.
        span: the length of a window, in the same unit.
    """
    if not len(moments):
        return np.empty(0, np.int64)
    first, last = int(moments.min()), int(moments.max())
    full = max(1, (last - first + 1) // max(span, 1))
    numbers = (moments - first) // max(span, 1)
    taken = np.unique(np.linspace(0, full - 1, min(full, MOST_WINDOWS)).round().astype(np.int64))
    return np.where(np.isin(numbers, taken), numbers, NO_WINDOW)


def profile_windows(batches: Iterable[pa.RecordBatch], numbers: Counts, reference: Reference) -> tuple[Profile, ...]:
    """Profile each window of rows in one pass.

    Args:
        batches: the rows.
        numbers: the number of each row's window, in the order of the rows.
        reference: the bins.
    """
    parts: dict[int, list[Profile]] = {}
    start = 0
    for batch in batches:
        here = numbers[start : start + batch.num_rows]
        start += batch.num_rows
        for number in np.unique(here[here != NO_WINDOW]).tolist():
            piece = batch.filter(pa.array(here == number))
            parts.setdefault(number, []).append(profile_rows([piece], reference))
    return tuple(merge_profiles(parts[number]) for number in sorted(parts))


def list_earlier(window: Window, stored: Sequence[StoredProfile]) -> list[tuple[Window, list[StoredProfile]]]:
    """Return the windows before one, each as long and none sharing rows, with their profiles; the oldest first.

    Back from the last they follow one another; where a window has no profile the row ends: what comes before a gap is
    no earlier step of the same movement.
    """
    before, found = window, list[tuple[Window, list[StoredProfile]]]()
    while len(found) < MOST_EARLIER:
        before = before.shift(-window.length)
        inside = [each for each in stored if before.contains(each.window.start)]
        if not inside:
            break
        found.append((before, inside))
    return found[::-1]


def measure_earlier(
    windows: Sequence[tuple[Window, list[StoredProfile]]],
    read: Callable[[StoredProfile], Profile],
    reference: Reference,
    then: Profile,
    baseline: Mapping[str, IndexParts],
) -> tuple[EarlierEffects, ...]:
    """Measure how far each of some windows was from the reference, from their stored profiles."""
    return tuple(
        EarlierEffects(
            window=window,
            effects=measure_effects(
                reference, then, merge_profiles([read(each) for each in stored]), baseline=baseline
            ),
        )
        for window, stored in windows
    )


def find_trends(effects: Sequence[Effects], *, windows: int) -> tuple[Trend, ...]:
    """Find the columns whose effect has risen at least `windows` times in a row, up to the last window.

    Args:
        effects: of windows in their order, of which no two share rows. A window in which a column was not measured
            ends its row.
        windows: how many rises are a trend; k rises in a row at the end come by chance once in (k + 1)! times.
    """
    if not effects:
        return ()
    trends = [_find_trend(name, effects) for name in effects[-1]]
    return tuple(trend for trend in trends if trend.windows >= max(1, windows))


def _find_trend(name: str, effects: Sequence[Effects]) -> Trend:
    latest = _list_effects(name, effects)
    rises = len(list(takewhile(lambda pair: pair[1] < pair[0], pairwise(latest))))
    first, last = (latest[rises], latest[0]) if latest else (0.0, 0.0)
    return Trend(column=name, windows=rises, first=first, last=last, p_value=1 / factorial(min(rises + 1, 170)))


def _list_effects(name: str, effects: Sequence[Effects]) -> list[float]:
    """Return a column's effects, the last window's first, back to one in which it was not measured."""
    found: list[float] = []
    for window in reversed(effects):
        effect = window.get(name)
        if effect is None:
            break
        found.append(effect)
    return found
