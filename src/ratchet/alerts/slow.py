"""The slow rule: a loss too small to be seen in any one week, which goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ratchet.alerts.readings import Family, Reading, chance_of, error_of, finite, unknown
from ratchet.alerts.wording import percent
from ratchet.config.alerts import SlowRule
from ratchet.records.alerts import SignalKind
from ratchet.records.appraisal import Figure

WEEK = timedelta(days=7)
LEAST_POINTS = 4  # fewer stretches make no line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A loss in time, in weeks; in stretches where there is no clock."""

    at: float
    loss: float
    error: float


def read_slope(rule: SlowRule, figures: Sequence[Figure]) -> Reading:
    """Read how much is lost a week over the last stretches, the latest last; None while they are too few."""
    metric = figures[-1].metric
    points = _choose_points(rule, figures)
    slope, error = _fit(points) if points else (None, None)
    return Reading(
        name=f"slow.{metric}",
        kind=SignalKind.PERFORMANCE,
        value=slope,
        p_value=chance_of(slope, error),
        family=Family.PARTS,
        yellow=rule.step,
        red=rule.step if rule.level == "red" else None,
        text=_describe(metric, slope, points),
    )


def _describe(metric: str, slope: float | None, points: Sequence[_Point]) -> str:
    if slope is None:
        return unknown(f"a slow loss of {metric}", None, "too few windows have matured")
    way = "loses" if slope > 0 else "gains"
    return f"{metric} {way} {percent(abs(slope))} of its baseline a week, over {points[-1].at - points[0].at:.0f} weeks"


def _choose_points(rule: SlowRule, figures: Sequence[Figure]) -> list[_Point]:
    """Return the last stretches that span the rule's weeks; none where they are too few."""
    known = _make_points(figures)
    for first in range(len(known) - LEAST_POINTS, -1, -1):
        if known[-1].at - known[first].at >= rule.weeks:
            return known[first:]
    return []


def _make_points(figures: Sequence[Figure]) -> list[_Point]:
    points: list[_Point] = []
    for place, figure in enumerate(figures):
        loss, error = finite(figure.loss), error_of(figure.loss, figure.loss_lower)
        if loss is not None and error is not None:
            points.append(_Point(at=_place_in_weeks(figures[0], figure, place), loss=loss, error=error))
    return points


def _place_in_weeks(first: Figure, figure: Figure, place: int) -> float:
    """Return when a figure was; a stretch of rows stands for a week."""
    distance = figure.window.end - first.window.end  # type: ignore[operator]  # both times, or both rows
    return distance / WEEK if isinstance(distance, timedelta) else float(place)


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
