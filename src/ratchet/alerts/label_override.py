"""What labels have to say about an announcement: rows that looked like these may have lost nothing."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from ratchet.alerts.figures import Loss, find_course
from ratchet.config.alerts import AlertPlan
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Window

HALF = 0.5
# An announcement is no proof, so to take it back needs none either; the loss itself is watched beside it.
REACH = NormalDist().inv_cdf(0.8)


def find_refutation(plan: AlertPlan, performance: ProductionPerformance, held: Sequence[Window]) -> str | None:
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


def _is_harmless(plan: AlertPlan, losses: Sequence[Loss], base_error: float) -> bool:
    mean = sum(loss.value for loss in losses) / len(losses)
    error = math.hypot(*(loss.error / len(losses) for loss in losses), base_error)
    return mean < plan.performance.yellow and mean + REACH * error < plan.performance.red


def was_like(window: Window, held: Sequence[Window]) -> bool:
    """Tell whether one of some windows covers at least half of this one."""
    return any(_cover(window, other) >= HALF for other in held)


def _cover(window: Window, other: Window) -> float:
    """Return which share of a window another one covers."""
    return window.overlap(other) / window.length if window.length > 0 else 0.0
