"""From one window's measured signals to a level: limits, smoothing, k of n windows, enter and leave levels."""

from collections.abc import Iterator, Sequence

from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import RAISED, Alert, AlertLevel, AlertReport, Signal
from ratchet.timeline import Moment, Window, is_before, to_number

URGENCY = {level: place for place, level in enumerate(AlertLevel)}
PARTS = 8  # of a window: daily looks at seven days count each, a little early or late; hourly ones do not


def give_level(value: float | None, *, significant: bool | None, yellow: float | None, red: float | None) -> AlertLevel:
    """Return what an effect asks for: it must be large, and more than chance."""
    if value is None or significant is None:
        return AlertLevel.UNKNOWN
    if not significant:
        return AlertLevel.GREEN
    if is_reached(value, red):
        return AlertLevel.RED
    return AlertLevel.YELLOW if is_reached(value, yellow) else AlertLevel.GREEN


def is_reached(value: float, limit: float | None) -> bool:
    """Return whether an effect reaches a limit, if there is one."""
    return limit is not None and value >= limit


def smooth(values: Sequence[float | None], weight: float) -> list[float | None]:
    """Return the exponential mean up to each value; a window without one leaves the mean as it was and has none."""
    means: list[float | None] = []
    last: float | None = None
    for value in values:
        if value is not None:
            last = value if last is None else weight * value + (1 - weight) * last
        means.append(None if value is None else last)
    return means


def settle(
    plan: AlertPlan, signal: Signal, past: Sequence[Alert], was: AlertLevel | None, *, at_once: bool = False
) -> AlertLevel:
    """Return an alert's level, with the memory of earlier windows.

    Args:
        plan: the YAML's rules.
        signal: the window's own measured.
        past: what the same signal gave in earlier windows that count, the earliest first.
        was: its level when it was last looked at; None when it never was.
        at_once: whether neither smoothing nor k of n windows may delay it.
    """
    signals = [*(alert.signal for alert in past), signal]
    weight = 1.0 if at_once else plan.smoothing
    values = smooth([each.value for each in signals], weight)
    if stays := _find_held(plan, signal, values[-1], was):
        return max(stays, _find_entered(plan, signals, values, at_once=at_once), key=URGENCY.__getitem__)
    if signal.level is AlertLevel.UNKNOWN:
        return _hold(plan, past, was)
    return _find_entered(plan, signals, values, at_once=at_once)


def _find_held(plan: AlertPlan, signal: Signal, value: float | None, was: AlertLevel | None) -> AlertLevel | None:
    """Return the level that is not left yet: the effect is still near the limit that it was entered at."""
    if value is None or was is None:
        return None
    limits = {AlertLevel.RED: signal.red, AlertLevel.YELLOW: signal.yellow}
    let_go = value / plan.leave
    held = (level for level in RAISED if URGENCY[was] >= URGENCY[level] and is_reached(let_go, limits[level]))
    return next(held, None)


def _find_entered(
    plan: AlertPlan, signals: Sequence[Signal], values: Sequence[float | None], *, at_once: bool
) -> AlertLevel:
    """Return the highest level that enough of the last windows reached, this one's limits taken for all."""
    seen, of = (1, 1) if at_once else (plan.persistence.seen, plan.persistence.of)
    now = signals[-1]
    levels = [
        give_level(value, significant=each.significant, yellow=now.yellow, red=now.red)
        for each, value in zip(signals[-of:], values[-of:], strict=True)
    ]
    for level in RAISED:
        if sum(URGENCY[each] >= URGENCY[level] for each in levels) >= seen:
            return level
    return AlertLevel.GREEN


def _hold(plan: AlertPlan, past: Sequence[Alert], was: AlertLevel | None) -> AlertLevel:
    """Keep a level for a while when nothing is known: that a figure is gone does not make it good."""
    if was not in RAISED:
        return AlertLevel.UNKNOWN
    without = sum(1 for _ in _trailing_unknown(past))
    return was if without < plan.hold else AlertLevel.UNKNOWN


def _trailing_unknown(past: Sequence[Alert]) -> Iterator[Alert]:
    for alert in reversed(past):
        if alert.signal.level is not AlertLevel.UNKNOWN:
            return
        yield alert


def thin_out(reports: Sequence[AlertReport], now: Moment, window: Window) -> tuple[AlertReport, ...]:
    """Return the reports that are at least a part of the window apart from now and from one another, in their order.

    Args:
        reports: from before now, in their order.
        now: what counts as known now.
        window: how long a window is.
    """
    step = max(1, window.length // PARTS)
    kept: list[AlertReport] = []
    last = to_number(now)
    for report in reversed(reports):
        if last - to_number(report.as_of) >= step:
            kept.append(report)
            last = to_number(report.as_of)
    return tuple(reversed(kept))


def choose_after(reports: Sequence[AlertReport], counted: Sequence[AlertReport], steps: int) -> tuple[AlertReport, ...]:
    """Return all reports that came after the last but so many that count; all there are where they go back less far.

    Args:
        reports: every report, in their order.
        counted: the ones that count: see `thin_out`.
        steps: how many of these to go back, at least one.
    """
    if len(counted) < steps:
        return tuple(reports)
    first = counted[-steps].as_of
    return tuple(report for report in reports if is_before(first, report.as_of))
