"""Count windows, not runs: a model that is looked at every hour has the same days as one that is looked at daily."""

from collections.abc import Sequence
from datetime import timedelta

from ratchet.records.alerts import Watch
from ratchet.records.monitoring import Moment, Window

PARTS = 8  # of a window: daily looks at seven days count each, a little early or late; hourly ones do not


def thin_out(watches: Sequence[Watch], now: Moment, window: Window) -> tuple[Watch, ...]:
    """Return the watches that are at least a part of the window apart from now and from one another, in their order.

    Args:
        watches: from before now, in their order.
        now: what counts as known now.
        window: how long a window is.
    """
    step = _step_of(window)
    kept: list[Watch] = []
    last = now
    for watch in reversed(watches):
        if last - watch.as_of >= step:  # type: ignore[operator]  # both times, or both rows
            kept.append(watch)
            last = watch.as_of
    return tuple(reversed(kept))


def choose_after(watches: Sequence[Watch], counted: Sequence[Watch], steps: int) -> tuple[Watch, ...]:
    """Return all watches that came after the last but so many that count; all there are where they go back less far.

    Args:
        watches: every watch, in their order.
        counted: the ones that count: see `thin_out`.
        steps: how many of these to go back, at least one.
    """
    if len(counted) < steps:
        return tuple(watches)
    first = counted[-steps].as_of
    return tuple(watch for watch in watches if watch.as_of > first)  # type: ignore[operator]  # of one kind


def _step_of(window: Window) -> timedelta | int:
    length = window.end - window.start  # type: ignore[operator]  # both times, or both rows
    return length / PARTS if isinstance(length, timedelta) else max(1, int(length) // PARTS)
