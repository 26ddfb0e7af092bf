"""Count windows, not runs: a model that is looked at every hour has the same days as one that is looked at daily."""

from collections.abc import Sequence

from ratchet.records.alerts import Watch
from ratchet.timeline import Moment, Window, is_before, to_number

PARTS = 8  # of a window: daily looks at seven days count each, a little early or late; hourly ones do not


def thin_out(watches: Sequence[Watch], now: Moment, window: Window) -> tuple[Watch, ...]:
    """Return the watches that are at least a part of the window apart from now and from one another, in their order.

    Args:
        watches: from before now, in their order.
        now: what counts as known now.
        window: how long a window is.
    """
    step = max(1, window.length // PARTS)
    kept: list[Watch] = []
    last = to_number(now)
    for watch in reversed(watches):
        if last - to_number(watch.as_of) >= step:
            kept.append(watch)
            last = to_number(watch.as_of)
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
    return tuple(watch for watch in watches if is_before(first, watch.as_of))
