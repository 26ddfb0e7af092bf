"""Which of the figures of production is which, and the losses that they make up in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.alerts.measured import ONE_SIDED, error_of, finite
from ratchet.metrics.registry import find_metric
from ratchet.records.production import Figure, ProductionPerformance
from ratchet.timeline import Window, is_before, to_number


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLoss:
    """What the primary metric of everybody has lost in one window.

    Attributes:
        window: the window.
        value: as a share of the latest baseline; below 0 it is better.
        error: standard error of the window's own figure: all losses share the baseline's.
    """

    window: Window
    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCourse:
    """How the primary metric of everybody went.

    Attributes:
        metric: its name.
        losses: one for each matured window that is known, the latest last.
        has_latest: whether the last of them is the latest window.
        base_error: standard error of the baseline, which all losses share.
    """

    metric: str
    losses: tuple[WindowLoss, ...]
    has_latest: bool
    base_error: float


def find_primary(performance: ProductionPerformance) -> str | None:
    """Return the primary metric's name: figures begin with it."""
    return performance.figures[0].metric if performance.figures else None


def find_latest(performance: ProductionPerformance) -> Figure | None:
    """Return the primary metric of everybody in the latest matured window."""
    primary = find_primary(performance)
    mine = (each for each in performance.figures if each.metric == primary and each.segment is None)
    return next((each for each in mine if not is_long(each, performance.figures)), None)


def is_long(figure: Figure, figures: Sequence[Figure]) -> bool:
    """Tell the long window from the window: both end when labels matured, and the long one begins earlier."""
    alike = (each for each in figures if (each.metric, each.segment) == (figure.metric, figure.segment))
    return any(_is_earlier(figure.window, each.window) for each in alike)


def find_course(performance: ProductionPerformance) -> LossCourse | None:
    """Return how the primary metric went, window by window, against the baseline that counts now.

    Earlier windows are shown without a baseline: theirs is the latest one's, so that a slow loss does not hide in a
    baseline that moves along.
    """
    latest = find_latest(performance)
    if latest is None:
        return None
    before = [each for each in performance.weekly if _ends_before(each, latest)]
    then = tuple(loss for each in before if (loss := _find_loss(each, latest.baseline)) is not None)
    now = _find_loss(latest, latest.baseline)
    base_error = 0.0 if now is None else _find_base(latest, now)
    losses = then if now is None else (*then, now)
    return LossCourse(metric=latest.metric, losses=losses, has_latest=now is not None, base_error=base_error)


def find_loss(metric: str, value: float | None, baseline: float | None) -> float | None:
    """Return by how much a value is worse than a baseline, as a share of it."""
    if value is None or not baseline:
        return None
    worse = value - baseline if find_metric(metric).is_loss else baseline - value
    return finite(worse / abs(baseline))


def _find_loss(figure: Figure, baseline: float | None) -> WindowLoss | None:
    value, error = find_loss(figure.metric, figure.value, baseline), _error_of_value(figure)
    if value is None or error is None or not baseline:
        return None
    return WindowLoss(window=figure.window, value=value, error=error / abs(baseline))


def _error_of_value(figure: Figure) -> float | None:
    lower, upper = finite(figure.lower), finite(figure.upper)
    return None if lower is None or upper is None else max(0.0, upper - lower) / 2 / ONE_SIDED


def _find_base(latest: Figure, now: WindowLoss) -> float:
    """Return what the loss's error has beyond that of the latest value: the baseline's."""
    whole = error_of(latest.loss, latest.loss_lower)
    return math.sqrt(max(0.0, whole**2 - now.error**2)) if whole is not None else 0.0


def _ends_before(figure: Figure, other: Figure) -> bool:
    return to_number(figure.window.end) <= to_number(other.window.start)


def _is_earlier(window: Window, other: Window) -> bool:
    return is_before(window.start, other.start)
