"""From readings to signals: the level by effect and by chance, for as many figures as were looked at."""

from collections.abc import Iterator, Sequence

from ratchet.alerts.deliveries import read_deliveries
from ratchet.alerts.drift_signals import read_movement
from ratchet.alerts.evidence import read_evidence
from ratchet.alerts.measured import OF_COLUMNS, Family, Reading
from ratchet.alerts.performance_signals import read_performance
from ratchet.alerts.rules import give_level
from ratchet.alerts.wording import number, percent
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, Signal, SignalKind, Watch
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance

SHARES = (SignalKind.PERFORMANCE, SignalKind.CALIBRATION)  # effects that are shares of something
FAMILIES = (Family.EVERYBODY, Family.PARTS)


def read_signals(
    plan: AlertPlan, observation: Observation, shift: Shift, performance: ProductionPerformance, before: Sequence[Watch]
) -> tuple[Signal, ...]:
    """Read everything that is watched in one window, chance taken off, earlier windows left out."""
    readings = [
        *read_deliveries(plan, observation, performance, before),
        *read_performance(plan, performance),
        *read_evidence(plan, performance),
        *read_movement(plan, shift),
    ]
    return tuple(_judge_all(readings, plan.significance, shift.drift.limits.significance))


def _judge_all(readings: Sequence[Reading], significance: float, of_columns: float) -> Iterator[Signal]:
    p_values = correct(readings)
    for reading in readings:
        needed = of_columns if reading.name.startswith(OF_COLUMNS) else significance
        yield judge(reading, p_values.get(reading.name), needed)


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


def judge(reading: Reading, p_value: float | None, significance: float) -> Signal:
    """Give a reading its level; a large effect that may be chance is unknown where it must be shown.

    Args:
        reading: what is known.
        p_value: how often chance gives as much, corrected; None when not known.
        significance: the highest p-value that counts.
    """
    significant = _is_significant(reading, p_value, significance)
    level = give_level(reading.value, significant=significant, yellow=reading.yellow, red=reading.red)
    return Signal(
        name=reading.name,
        kind=reading.kind,
        segment=reading.segment,
        value=reading.value,
        significant=significant,
        level=AlertLevel.UNKNOWN if level is AlertLevel.GREEN and _is_in_doubt(reading) else level,
        sentence=_describe(reading, level),
        yellow=reading.yellow,
        red=reading.red,
        p_value=p_value,
        window=reading.window,
    )


def _is_significant(reading: Reading, p_value: float | None, significance: float) -> bool | None:
    if reading.value is None:
        return None
    if reading.is_certain:
        return True
    return None if p_value is None else p_value <= significance


def _is_in_doubt(reading: Reading) -> bool:
    """A loss past the red limit that so few rows show by chance is no good news; nor is one window without rows."""
    if not reading.must_be_shown or reading.value is None or reading.red is None:
        return False
    return reading.value > 0 if reading.is_certain else reading.value >= reading.red


def _describe(reading: Reading, level: AlertLevel) -> str:
    limits = {AlertLevel.YELLOW: reading.yellow, AlertLevel.RED: reading.red}
    write = percent if reading.kind in SHARES else number
    if (limit := limits.get(level)) is not None:
        if reading.kind is SignalKind.CONCEPT:  # it changed or it did not: a limit of 1 tells nobody anything
            return reading.text
        return f"{reading.text} (limit {write(limit)})"
    return f"{reading.text}; so few rows show as much by chance" if _may_be_chance(reading) else reading.text


def _may_be_chance(reading: Reading) -> bool:
    """Tell whether an effect that is green is past a limit."""
    lowest = reading.yellow if reading.yellow is not None else reading.red
    return reading.value is not None and lowest is not None and not reading.is_certain and reading.value >= lowest
