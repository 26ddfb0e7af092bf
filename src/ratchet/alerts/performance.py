"""Readings of performance as matured labels show it: each figure, and a sudden loss from one window to the next."""

import math
from collections.abc import Iterator, Sequence

from ratchet.alerts.figures import find_latest, find_primary, is_before, is_long
from ratchet.alerts.readings import Family, Reading, chance_of, error_of, finite, unknown
from ratchet.alerts.slow import read_slope
from ratchet.alerts.wording import number, percent
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import SignalKind
from ratchet.records.appraisal import Appraisal, Figure


def read_performance(plan: AlertPlan, appraisal: Appraisal) -> Iterator[Reading]:
    """Read each figure, then what the primary metric of everybody did from window to window."""
    primary = find_primary(appraisal)
    for figure in appraisal.figures:
        yield _read_figure(plan, figure, primary=figure.metric == primary, over_long=is_long(figure, appraisal.figures))
    if latest := find_latest(appraisal):
        before = [each for each in appraisal.weekly if is_before(each, latest)]
        if plan.sudden is not None:
            yield _read_step(plan.sudden, latest, before)
        if plan.slow is not None:
            yield read_slope(plan.slow, [*before, latest])


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
    )


def _describe(figure: Figure, *, over_long: bool) -> str:
    what = f"{figure.metric} of {figure.segment}" if figure.segment else figure.metric
    what += " over the long window" if over_long else ""
    if figure.value is None:
        return unknown(what, figure.problem, "no label has matured")
    now = f"{what} is {number(figure.value)}"
    if figure.loss is None:
        return f"{now}, with no stable period before to compare it with"
    return (
        f"{now}, {_describe_loss(figure.loss, figure.loss_lower)} than its baseline of {number(figure.baseline)}, "
        + (f"on {figure.rows:,} rows")
    )


def _describe_loss(loss: float, lower: float | None) -> str:
    if loss <= 0:
        return f"{percent(abs(loss))} better"
    return f"{percent(loss)} worse" + (f" (at least {percent(lower)})" if lower is not None and lower > 0 else "")


def _read_step(limit: float, latest: Figure, before: Sequence[Figure]) -> Reading:
    """Compare with the stretch before or, while there is none, with the baseline itself."""
    known = [each for each in before if finite(each.loss) is not None]
    then, error_then = _find_loss(known[-1]) if known else (0.0, 0.0)
    now, error = _find_loss(latest)
    step = _subtract(now, then)
    return Reading(
        name=f"sudden.{latest.metric}",
        kind=SignalKind.PERFORMANCE,
        value=step,
        p_value=None if error is None or error_then is None else chance_of(step, math.hypot(error, error_then)),
        family=Family.PARTS,
        red=limit,
        text=_describe_step(latest.metric, then or 0.0, step),
    )


def _find_loss(figure: Figure) -> tuple[float | None, float | None]:
    return finite(figure.loss), error_of(figure.loss, figure.loss_lower)


def _subtract(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def _describe_step(metric: str, then: float, step: float | None) -> str:
    if step is None:
        return unknown(f"a sudden loss of {metric}", None, "there is no figure")
    return f"{metric} went from {percent(then)} below its baseline to {percent(then + step)} in one window"
