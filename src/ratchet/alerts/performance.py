"""Readings of performance as matured labels show it: each figure, and a sudden loss from one window to the next."""

import math
from collections.abc import Iterator

from ratchet.alerts.figures import Course, find_course, find_primary, is_long
from ratchet.alerts.measured import Family, Reading, chance_of, error_of, finite, unknown
from ratchet.alerts.slow import read_slope
from ratchet.alerts.wording import compare, number, percent
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import SignalKind
from ratchet.records.production import Figure, ProductionPerformance


def read_performance(plan: AlertPlan, performance: ProductionPerformance) -> Iterator[Reading]:
    """Read each figure, then what the primary metric of everybody did from window to window."""
    primary = find_primary(performance)
    for figure in performance.figures:
        yield _read_figure(
            plan, figure, primary=figure.metric == primary, over_long=is_long(figure, performance.figures)
        )
    if course := find_course(performance):
        if plan.sudden is not None:
            yield _read_step(plan.sudden, course)
        if plan.slow is not None:
            yield read_slope(plan.slow, course)


def _read_figure(plan: AlertPlan, figure: Figure, *, primary: bool, over_long: bool) -> Reading:
    limits = plan.limits_of(figure.segment)
    which = ("long_" if over_long else "") + ("performance" if primary else "guard")
    loss = finite(figure.loss)
    return Reading(
        name=".".join(filter(None, (which, figure.metric, figure.segment))),
        kind=SignalKind.PERFORMANCE,
        segment=figure.segment,
        value=loss,
        p_value=chance_of(loss, error_of(figure.loss, figure.loss_lower)),
        family=Family.EVERYBODY if primary and figure.segment is None else Family.PARTS,
        yellow=limits.yellow,
        red=limits.red,
        text=_describe(figure, over_long=over_long),
        must_be_shown=True,
        window=figure.window,
    )


def _describe(figure: Figure, *, over_long: bool) -> str:
    what = f"{figure.metric} of {figure.segment}" if figure.segment else figure.metric
    what += " over the long window" if over_long else ""
    if figure.value is None:
        return unknown(what, figure.problem, "no label has matured")
    now = f"{what} is {number(figure.value)}"
    if figure.loss is None:
        return f"{now}, with no stable period before to compare it with"
    lower = figure.loss_lower
    at_least = f" (at least {percent(lower)})" if lower is not None and lower > 0 else ""
    beside = f"{compare(figure.loss, at_least)} its baseline of {number(figure.baseline)}"
    return f"{now}, {beside}, on {figure.rows:,} rows"


def _read_step(limit: float, course: Course) -> Reading:
    step, error = _find_step(course)
    return Reading(
        name=f"sudden.{course.metric}",
        kind=SignalKind.PERFORMANCE,
        value=step,
        p_value=chance_of(step, error),
        family=Family.PARTS,
        red=limit,
        text=_describe_step(course),
    )


def _find_step(course: Course) -> tuple[float | None, float | None]:
    """Compare with the stretch known before or, while there is none, with the baseline itself; give the error, too."""
    if not course.has_latest:
        return None, None
    *before, now = course.losses
    if not before:
        return now.value, math.hypot(now.error, course.base_error)
    return now.value - before[-1].value, math.hypot(now.error, before[-1].error)


def _describe_step(course: Course) -> str:
    if not course.has_latest:
        return unknown(f"a sudden loss of {course.metric}", None, "there is no figure")
    *before, now = course.losses
    if not before:
        return f"{course.metric} is {compare(now.value)} its baseline in the first window that is known"
    then = f"{course.metric} was {compare(before[-1].value)} its baseline in the window known before"
    return f"{then}, and is {compare(now.value)} it now"
