"""Correct for how many figures of a window are looked at."""

from collections.abc import Sequence

from ratchet.alerts.readings import Family, Reading

FAMILIES = (Family.EVERYBODY, Family.PARTS)


def adjust(p_values: Sequence[float]) -> list[float]:
    """Correct p-values so that all wrong alarms together stay within the significance (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for place, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def correct(readings: Sequence[Reading]) -> dict[str, float]:
    """Return the corrected p-value of each reading that has one, by name.

    Each family gets an equal part of the wrong alarms that are allowed, whatever the number of its readings.
    """
    found = dict(_known(readings, Family.NONE))
    for family in FAMILIES:
        known = _known(readings, family)
        shares = adjust([p_value for _, p_value in known])
        found |= {name: min(1.0, len(FAMILIES) * p_value) for (name, _), p_value in zip(known, shares, strict=True)}
    return found


def _known(readings: Sequence[Reading], family: Family) -> list[tuple[str, float]]:
    return [(each.name, each.p_value) for each in readings if each.family is family and each.p_value is not None]
