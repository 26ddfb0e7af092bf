"""From alerts to the model: what makes it red by itself, and what does so together."""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from statistics import NormalDist

from ratchet.alerts.losses import WindowLoss, find_course
from ratchet.alerts.measured import OF_COLUMNS, index, some
from ratchet.alerts.rules import URGENCY
from ratchet.config.alerts import AlertPlan, Composite
from ratchet.records.alerts import Alert, AlertLevel, Signal, SignalKind
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Window

PREFIX = "composite."
# Without these nothing is known of the model, however much is known of its parts.
ESSENTIAL = (("data.rows",), ("data.labels",), ("performance.*", "long_performance.*"), ("prediction",), ("drift.*",))
HALF = 0.5
# An announcement is no proof, so to take it back needs none either; the loss itself is a signal of its own.
REACH = NormalDist().inv_cdf(0.8)


def read_composite(composite: Composite, alerts: Sequence[Alert]) -> Signal:
    """Count the conditions of a composite that hold; several signals of one condition count once."""
    found = [_find_raised(pattern, composite, alerts) for pattern in composite.of]
    holding = [raised for raised in found if raised]
    level = AlertLevel(composite.level) if len(holding) >= composite.at_least else AlertLevel.GREEN
    needed = float(composite.at_least)
    return Signal(
        name=f"{PREFIX}{composite.name}",
        kind=holding[0][0].signal.kind if holding else SignalKind.DRIFT,
        segment=None,
        value=float(len(holding)),
        significant=True,
        level=level,
        sentence=_describe(composite, holding),
        yellow=needed,
        red=needed if composite.level == "red" else None,
    )


def find_level(plan: AlertPlan, alerts: Sequence[Alert]) -> AlertLevel:
    """Return the level of the model as a whole."""
    highest = max((find_part(plan, each) for each in alerts), key=URGENCY.__getitem__, default=AlertLevel.UNKNOWN)
    if highest is AlertLevel.GREEN and any(_is_gap(patterns, alerts) for patterns in ESSENTIAL):
        return AlertLevel.UNKNOWN
    return highest


def find_gaps(alerts: Sequence[Alert]) -> list[Alert]:
    """Return, for each essential thing of which nothing is known, the first signal that says why."""
    gaps = [patterns for patterns in ESSENTIAL if _is_gap(patterns, alerts)]
    found = (next((each for each in alerts if fits(each, patterns)), None) for patterns in gaps)
    return [alert for alert in found if alert is not None]


def find_part(plan: AlertPlan, alert: Alert) -> AlertLevel:
    """Return what an alert makes of the model: most kinds are a reason to look, whatever their own level."""
    if alert.level is AlertLevel.UNKNOWN:
        return AlertLevel.GREEN  # whether enough is known is asked apart: one small segment says nothing of the rest
    if alert.level is not AlertLevel.RED or is_composite(alert.signal) or fits(alert, plan.alone):
        return alert.level
    return AlertLevel.YELLOW


def is_composite(signal: Signal) -> bool:
    """Return whether a signal is made of others."""
    return signal.name.startswith(PREFIX)


def fits(alert: Alert, patterns: Sequence[str]) -> bool:
    """Return whether an alert's signal has a name of one of some patterns."""
    return any(fnmatchcase(alert.signal.name, pattern) for pattern in patterns)


def _find_raised(pattern: str, composite: Composite, alerts: Sequence[Alert]) -> list[Alert]:
    wanted = URGENCY[AlertLevel(composite.when)]
    return [each for each in alerts if URGENCY[each.level] >= wanted and fits(each, (pattern,))]


def _describe(composite: Composite, holding: Sequence[Sequence[Alert]]) -> str:
    counted = f"'{composite.name}' has {len(holding)} of {composite.at_least} signs"
    return f"{counted}: {some([_name(raised) for raised in holding])}" if holding else counted


def _name(raised: Sequence[Alert]) -> str:
    """Name what moved furthest of the signals of one condition, and by how much where that is an index."""
    furthest = max((each.signal for each in raised), key=lambda signal: signal.value or 0.0)
    value = f" ({index(furthest.value)})" if furthest.name.startswith(OF_COLUMNS) else ""
    return f"{furthest.name}{value}" + (f" and {len(raised) - 1} more" if len(raised) > 1 else "")


def _is_gap(patterns: Sequence[str], alerts: Sequence[Alert]) -> bool:
    """Return whether none of some signals of everybody is known."""
    everybody = [each for each in alerts if each.signal.segment is None and fits(each, patterns)]
    return all(each.level is AlertLevel.UNKNOWN for each in everybody)


def find_label_override(plan: AlertPlan, performance: ProductionPerformance, held: Sequence[Window]) -> str | None:
    """Say that matured labels of rows for which a composite held show no loss; None where they do not.

    All such windows are taken together: their mean loss must be below the yellow limit, and its upper bound of 80 %
    below the red one.

    Args:
        plan: the YAML's limits.
        performance: how well production went, with earlier windows.
        held: the windows in which it held.
    """
    course = find_course(performance)
    losses = [each for each in course.losses if was_like(each.window, held)] if course else []
    if course is None or not losses or not _is_harmless(plan, losses, course.base_error):
        return None
    times = "a matured window" if len(losses) == 1 else f"{len(losses)} matured windows"
    return f"{times} in which the same held lost nothing"


def _is_harmless(plan: AlertPlan, losses: Sequence[WindowLoss], base_error: float) -> bool:
    mean = sum(loss.value for loss in losses) / len(losses)
    error = math.hypot(*(loss.error / len(losses) for loss in losses), base_error)
    return mean < plan.performance.yellow and mean + REACH * error < plan.performance.red


def was_like(window: Window, held: Sequence[Window]) -> bool:
    """Return whether one of some windows covers at least half of this one."""
    return any(_cover(window, other) >= HALF for other in held)


def _cover(window: Window, other: Window) -> float:
    """Return which share of a window another one covers."""
    return window.overlap(other) / window.length if window.length > 0 else 0.0
