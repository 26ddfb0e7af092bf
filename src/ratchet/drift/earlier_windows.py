"""Earlier windows as long as this one, from stored profiles, and columns whose drift grows over them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, takewhile
from math import factorial

from ratchet.drift.distances import IndexParts
from ratchet.drift.merging import merge_profiles
from ratchet.drift.seasonal_baseline import measure_effects
from ratchet.records.drift import Trend
from ratchet.records.monitoring import EarlierEffects, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Window

MOST_WINDOWS = 12  # a quarter of weeks
Effects = Mapping[str, float | None]  # of one window, by column; None where nothing was measured


def list_earlier(window: Window, stored: Sequence[StoredProfile]) -> list[tuple[Window, list[StoredProfile]]]:
    """Return the windows before one, each as long and none sharing rows, with their profiles; the oldest first.

    Back from the last they follow one another; where a window has no profile the row ends: what comes before a gap is
    no earlier step of the same movement.
    """
    before, found = window, list[tuple[Window, list[StoredProfile]]]()
    while len(found) < MOST_WINDOWS:
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
