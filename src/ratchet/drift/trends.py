"""Find columns whose drift grows from window to window, before it is large."""

from collections.abc import Sequence
from itertools import pairwise, takewhile
from math import factorial

from ratchet.records.drift import Drift, Trend


def find_trends(drifts: Sequence[Drift], *, windows: int) -> tuple[Trend, ...]:
    """Find the columns whose effect has risen at least `windows` times in a row, up to the last window.

    Args:
        drifts: of windows in their order. A window in which a column was not measured ends its row.
        windows: how many rises are a trend; k rises in a row at the end come by chance once in (k + 1)! times.
    """
    if not drifts:
        return ()
    trends = [_find_trend(column.column, drifts) for column in drifts[-1].columns]
    return tuple(trend for trend in trends if trend.windows >= max(1, windows))


def _find_trend(name: str, drifts: Sequence[Drift]) -> Trend:
    latest = _list_effects(name, drifts)
    rises = len(list(takewhile(lambda pair: pair[1] < pair[0], pairwise(latest))))
    first, last = (latest[rises], latest[0]) if latest else (0.0, 0.0)
    return Trend(column=name, windows=rises, first=first, last=last, p_value=1 / factorial(min(rises + 1, 170)))


def _list_effects(name: str, drifts: Sequence[Drift]) -> list[float]:
    """Return a column's effects, the last window's first, back to one in which it was not measured."""
    effects: list[float] = []
    for drift in reversed(drifts):
        effect = next((column.effect for column in drift.columns if column.column == name), None)
        if effect is None:
            break
        effects.append(effect)
    return effects
