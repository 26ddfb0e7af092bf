"""Find columns whose drift grows from window to window, before it is large."""

from collections.abc import Sequence
from math import factorial

from ratchet.records.drift import Drift, Trend


def find_trends(drifts: Sequence[Drift], *, windows: int) -> tuple[Trend, ...]:
    """Find the columns whose effect has risen at least `windows` times in a row, up to the last window.

    Args:
        drifts: of windows in their order. A window in which a column was not measured ends its row.
        windows: how many rises are a trend; k rises in a row at the end come by chance once in (k + 1)! times.
    """
    names = [column.column for column in drifts[-1].columns] if drifts else []
    found = (_find_trend(name, _effects_of(name, drifts)) for name in names)
    return tuple(trend for trend in found if trend and trend.windows >= max(1, windows))


def _effects_of(name: str, drifts: Sequence[Drift]) -> list[float | None]:
    every = [{column.column: column.effect for column in drift.columns} for drift in drifts]
    return [effects.get(name) for effects in every]


def _find_trend(name: str, effects: list[float | None]) -> Trend | None:
    rising: list[float] = []
    for effect in reversed(effects):
        if effect is None or (rising and effect >= rising[-1]):
            break
        rising.append(effect)
    if len(rising) < 2:
        return None
    rises = len(rising) - 1
    return Trend(
        column=name, windows=rises, first=rising[-1], last=rising[0], p_value=1 / factorial(min(rises + 1, 170))
    )
