"""Put stored profiles together to windows as long as one another, back from the last."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from ratchet.drift.merging import merge_profiles
from ratchet.drift.parts import Parts
from ratchet.drift.seasonal_baseline import measure_effects
from ratchet.records.monitoring import EarlierEffects, Moment, StoredProfile, Window
from ratchet.records.profile import Profile, Reference

MOST_WINDOWS = 12  # a quarter of weeks


def length_of(window: Window) -> timedelta | int:
    """Return how long a window is: a duration, or a number of rows."""
    length: timedelta | int = window.end - window.start  # type: ignore[operator]  # of one kind
    return length


def list_earlier(window: Window, stored: Sequence[StoredProfile]) -> list[tuple[Window, list[StoredProfile]]]:
    """Return the windows before one, each as long and none sharing rows, with their profiles; the oldest first.

    Back from the last they follow one another; where a window has no profile the row ends: what comes before a gap is
    no earlier step of the same movement.
    """
    length, end, found = length_of(window), window.start, list[tuple[Window, list[StoredProfile]]]()
    while len(found) < MOST_WINDOWS:
        before = Window(start=_back(end, length), end=end)
        inside = [each for each in stored if _is_in(each.window.start, before)]
        if not inside:
            break
        found.append((before, inside))
        end = before.start
    return found[::-1]


def measure_earlier(
    windows: Sequence[tuple[Window, list[StoredProfile]]],
    read: Callable[[StoredProfile], Profile],
    reference: Reference,
    then: Profile,
    usual: Mapping[str, Parts],
) -> tuple[EarlierEffects, ...]:
    """Measure how far each of some windows was from the reference, from their stored profiles."""
    return tuple(
        EarlierEffects(
            window=window,
            effects=measure_effects(reference, then, merge_profiles([read(each) for each in stored]), usual=usual),
        )
        for window, stored in windows
    )


def _back(end: Moment, length: timedelta | int) -> Moment:
    start: Moment = end - length  # type: ignore[operator]
    return start


def _is_in(moment: Moment, window: Window) -> bool:
    return bool(window.start <= moment < window.end)  # type: ignore[operator]
