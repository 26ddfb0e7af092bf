"""Find columns whose drift grows from window to window, before it is large."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile
from math import factorial

from ratchet.records.drift import Trend

Effects = Mapping[str, float | None]  # of one window, by column; None where nothing was measured


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
