"""The slow rule: a loss too small to be seen in any one week, which goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.alerts.figures import Course, Loss
from ratchet.alerts.measured import Family, Reading, chance_of, unknown
from ratchet.alerts.wording import percent
from ratchet.config.alerts import SlowRule
from ratchet.records.alerts import SignalKind
from ratchet.timeline import WEEK, Window, to_number

LEAST_POINTS = 4  # fewer stretches make no line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A loss in time, in weeks."""

    at: float
    loss: float
    error: float


def read_slope(rule: SlowRule, course: Course) -> Reading:
    """Read how much is lost a week over the last stretches; None while they are too few."""
    points = _choose_points(rule, course)
    slope, error = _fit(points) if points else (None, None)
    return Reading(
        name=f"slow.{course.metric}",
        kind=SignalKind.PERFORMANCE,
        value=slope,
        p_value=chance_of(slope, error),
        family=Family.PARTS,
        yellow=rule.step,
        red=rule.step if rule.level == "red" else None,
        text=_describe(course.metric, slope, points),
    )


def _describe(metric: str, slope: float | None, points: Sequence[_Point]) -> str:
    if slope is None:
        return unknown(f"a slow loss of {metric}", None, "too few windows have matured")
    weeks = f"over {points[-1].at - points[0].at:.0f} weeks"
    share = percent(abs(slope))
    if share == percent(0):
        return f"{metric} gets neither worse nor better, {weeks}"
    return f"{metric} gets {'worse' if slope > 0 else 'better'} by {share} of its baseline a week, {weeks}"


def _choose_points(rule: SlowRule, course: Course) -> list[_Point]:
    """Return the last stretches that span the rule's weeks; none where they are too few."""
    known = _place_in_weeks(course.losses) if course.has_latest else []
    for first in range(len(known) - LEAST_POINTS, -1, -1):
        if known[-1].at - known[first].at >= rule.weeks:
            return known[first:]
    return []


def _place_in_weeks(losses: Sequence[Loss]) -> list[_Point]:
    """Put each loss at its time in weeks."""
    first = losses[0].window
    places = [_count_weeks(first, loss.window) for loss in losses]
    return [_Point(at=at, loss=loss.value, error=loss.error) for at, loss in zip(places, losses, strict=True)]


def _count_weeks(first: Window, window: Window) -> float:
    """Return the weeks between two windows; where there is no clock, as many rows as the window has are a week."""
    gone = to_number(window.end) - to_number(first.end)
    return gone / (WEEK if window.has_clock else window.length)


def _fit(points: Sequence[_Point]) -> tuple[float, float]:
    """Return the slope of the line through losses, and its standard error.

    The error is that of the figures or that of how far they are from the line, whichever is larger: weeks differ by
    more than their rows explain.
    """
    center = sum(each.at for each in points) / len(points)
    middle = sum(each.loss for each in points) / len(points)
    spread = sum((each.at - center) ** 2 for each in points)
    slope = sum((each.at - center) * each.loss for each in points) / spread
    known = sum(((each.at - center) * each.error) ** 2 for each in points) / spread**2
    left = sum((each.loss - middle - slope * (each.at - center)) ** 2 for each in points)
    return slope, math.sqrt(max(known, left / (len(points) - 2) / spread))
