"""From measured signals to signals with a level: by effect and by chance, for as many figures as were looked at."""

from collections.abc import Iterator, Sequence

from ratchet.alerts.data_signals import read_deliveries, read_movement
from ratchet.alerts.measured import OF_COLUMNS, Family, MeasuredSignal, number, percent
from ratchet.alerts.performance_signals import read_evidence, read_performance
from ratchet.alerts.rules import give_level
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, AlertReport, Signal, SignalKind
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance

SHARES = (SignalKind.PERFORMANCE, SignalKind.CALIBRATION)  # effects that are shares of something
FAMILIES = (Family.EVERYBODY, Family.PARTS)


def read_signals(
    plan: AlertPlan,
    observation: Observation,
    shift: Shift,
    performance: ProductionPerformance,
    before: Sequence[AlertReport],
) -> tuple[Signal, ...]:
    """Measure and judge every signal of one window; earlier windows take no part."""
    measured = [
        *read_deliveries(plan, observation, performance, before),
        *read_performance(plan, performance),
        *read_evidence(plan, performance),
        *read_movement(plan, shift),
    ]
    return tuple(_judge_all(measured, plan.significance, shift.drift.limits.significance))


def _judge_all(measured: Sequence[MeasuredSignal], significance: float, of_columns: float) -> Iterator[Signal]:
    p_values = correct(measured)
    for each in measured:
        needed = of_columns if each.name.startswith(OF_COLUMNS) else significance
        yield judge(each, p_values.get(each.name), needed)


def adjust(p_values: Sequence[float]) -> list[float]:
    """Correct p-values so that all wrong alarms together stay within the significance (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for place, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def correct(measured: Sequence[MeasuredSignal]) -> dict[str, float]:
    """Return the corrected p-value of each measured signal that has one, by name.

    Each family gets an equal part of the allowed false alarms, whatever the number of its signals.
    """
    found = dict(_known(measured, Family.NONE))
    for family in FAMILIES:
        known = _known(measured, family)
        shares = adjust([p_value for _, p_value in known])
        found |= {name: min(1.0, len(FAMILIES) * p_value) for (name, _), p_value in zip(known, shares, strict=True)}
    return found


def _known(measured: Sequence[MeasuredSignal], family: Family) -> list[tuple[str, float]]:
    return [(each.name, each.p_value) for each in measured if each.family is family and each.p_value is not None]


def judge(measured: MeasuredSignal, p_value: float | None, significance: float) -> Signal:
    """Give a measured signal its level; a large effect that may be chance is unknown where it must be shown.

    Args:
        measured: what is known.
        p_value: how often chance gives as much, corrected; None when not known.
        significance: the highest p-value that counts.
    """
    significant = _is_significant(measured, p_value, significance)
    level = give_level(measured.value, significant=significant, yellow=measured.yellow, red=measured.red)
    return Signal(
        name=measured.name,
        kind=measured.kind,
        segment=measured.segment,
        value=measured.value,
        significant=significant,
        level=AlertLevel.UNKNOWN if level is AlertLevel.GREEN and _is_in_doubt(measured) else level,
        sentence=_describe(measured, level),
        yellow=measured.yellow,
        red=measured.red,
        p_value=p_value,
        window=measured.window,
    )


def _is_significant(measured: MeasuredSignal, p_value: float | None, significance: float) -> bool | None:
    if measured.value is None:
        return None
    if measured.is_certain:
        return True
    return None if p_value is None else p_value <= significance


def _is_in_doubt(measured: MeasuredSignal) -> bool:
    """A loss past the red limit that so few rows show by chance is no good news; nor is one window without rows."""
    if not measured.must_be_shown or measured.value is None or measured.red is None:
        return False
    return measured.value > 0 if measured.is_certain else measured.value >= measured.red


def _describe(measured: MeasuredSignal, level: AlertLevel) -> str:
    limits = {AlertLevel.YELLOW: measured.yellow, AlertLevel.RED: measured.red}
    write = percent if measured.kind in SHARES else number
    if (limit := limits.get(level)) is not None:
        if measured.kind is SignalKind.CONCEPT:  # it changed or it did not: a limit of 1 says nothing
            return measured.text
        return f"{measured.text} (limit {write(limit)})"
    return f"{measured.text}; so few rows show as much by chance" if _may_be_chance(measured) else measured.text


def _may_be_chance(measured: MeasuredSignal) -> bool:
    """Return whether an effect that is green is past a limit."""
    lowest = measured.yellow if measured.yellow is not None else measured.red
    return measured.value is not None and lowest is not None and not measured.is_certain and measured.value >= lowest
