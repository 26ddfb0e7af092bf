"""Measured signals of what does not come: rows, and labels."""

import math
from collections.abc import Iterator, Sequence

from ratchet.alerts.losses import find_latest
from ratchet.alerts.measured import MeasuredSignal, chance_of, finite, percent, unknown
from ratchet.alerts.rules import thin_out
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import Alert, AlertReport, SignalKind
from ratchet.records.monitoring import Observation
from ratchet.records.production import Overdue, ProductionPerformance

ROWS = "data.rows"
LABELS = "data.labels"


def read_deliveries(
    plan: AlertPlan, observation: Observation, performance: ProductionPerformance, earlier: Sequence[AlertReport]
) -> Iterator[MeasuredSignal]:
    """Read whether there are rows, and whether the labels of matured rows are there."""
    yield _read_rows(plan, observation, earlier)
    yield _read_labels(plan, performance)


def _read_rows(plan: AlertPlan, observation: Observation, earlier: Sequence[AlertReport]) -> MeasuredSignal:
    """Count the windows in a row without a row, this one included."""
    counted = thin_out(earlier, observation.as_of, observation.window)
    without = 0 if observation.rows else 1 + _count_before(counted)
    times = "for the first time" if without == 1 else f"for {without} windows in a row"
    return MeasuredSignal(
        name=ROWS,
        kind=SignalKind.DATA,
        value=float(without),
        red=float(plan.rows_missing),
        text=f"{observation.rows:,} predictions are in the window" if not without else f"no prediction came, {times}",
        must_be_shown=True,
        is_certain=True,
    )


def _count_before(earlier: Sequence[AlertReport]) -> int:
    if not earlier:
        return 0
    return int(next((_value_of(alert) for alert in earlier[-1].alerts if alert.signal.name == ROWS), 0.0))


def _value_of(alert: Alert) -> float:
    return alert.signal.value or 0.0


def _read_labels(plan: AlertPlan, performance: ProductionPerformance) -> MeasuredSignal:
    if performance.overdue is not None:
        return _read_overdue(plan, performance.overdue)
    latest = find_latest(performance)
    share = finite(latest.open_share) if latest else None
    limits = plan.labels_open
    return MeasuredSignal(
        name=LABELS,
        kind=SignalKind.DATA,
        value=share,
        p_value=_find_chance(limits.yellow, share, latest.rows if latest else 0),
        yellow=limits.yellow,
        red=limits.red,
        text=unknown("how many labels are missing", latest.problem if latest else None, "no row is old enough")
        if share is None
        else f"{percent(share)} of the rows that are old enough have no label yet",
    )


def _read_overdue(plan: AlertPlan, overdue: Overdue) -> MeasuredSignal:
    """Count the rows whose labels were due: matured rows end with the last label, and hide that none comes."""
    share, limits = overdue.open_share, plan.labels_open
    return MeasuredSignal(
        name=LABELS,
        kind=SignalKind.DATA,
        value=share,
        p_value=_find_chance(limits.yellow, share, round(overdue.rows * (1 - share))),
        yellow=limits.yellow,
        red=limits.red,
        text=f"{percent(share)} of the rows that are old enough have no label: labels have stopped coming",
    )


def _find_chance(limit: float, share: float | None, labelled: int) -> float | None:
    """Return how often so many of the rows have no label though the true share is at the limit."""
    if share is None:
        return None
    if share >= 1 or limit >= 1:  # not a single label: there is no doubt
        return chance_of(share - limit, 0.0)
    rows = max(1.0, labelled / (1 - share))
    return chance_of(share - limit, math.sqrt(limit * (1 - limit) / rows))
