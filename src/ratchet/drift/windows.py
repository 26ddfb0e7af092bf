"""Put stored profiles together to windows as long as one another, back from the last."""

from collections.abc import Callable, Mapping, Sequence

from ratchet.drift.merging import merge_profiles
from ratchet.drift.parts import Parts
from ratchet.drift.seasonal_baseline import measure_effects
from ratchet.records.monitoring import EarlierEffects, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Window

MOST_WINDOWS = 12  # a quarter of weeks


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
