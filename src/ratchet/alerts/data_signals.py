"""Measured signals of the data: what moved (features, prediction, label, all together), and what does not come."""

import math
from collections.abc import Iterator, Sequence

from ratchet.alerts.losses import find_latest
from ratchet.alerts.measured import MeasuredSignal, chance_of, finite, index, number, percent, unknown
from ratchet.alerts.rules import thin_out
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import Alert, AlertReport, SignalKind
from ratchet.records.columns import PREDICTION
from ratchet.records.drift import ColumnDrift, Drift, DriftLevel, Separation, Trend
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import Overdue, ProductionPerformance

WORDS = {SignalKind.PREDICTION: "the prediction", SignalKind.LABEL: "the label"}
NAMES = {SignalKind.PREDICTION: "prediction", SignalKind.LABEL: "label"}
WORTH_A_WORD = 0.01  # share of rows with a new category
ROWS = "data.rows"
LABELS = "data.labels"


def read_movement(plan: AlertPlan, shift: Shift) -> Iterator[MeasuredSignal]:
    """Read the drift of each feature, of the prediction and of the label, then of all features together."""
    trends = {each.column: each for each in shift.trends}
    for column in shift.drift.columns:
        kind = SignalKind.PREDICTION if column.column == PREDICTION else SignalKind.DRIFT
        yield _read_column(column, shift.drift, kind, _find_trend(column, shift.drift, trends))
    yield _read_share(plan, shift.drift)
    if shift.label_drift is not None:
        for column in shift.label_drift.columns:
            yield _read_column(column, shift.label_drift, SignalKind.LABEL, None)
    if shift.separation is not None:
        yield _read_separation(plan, shift.separation)


def _find_trend(column: ColumnDrift, drift: Drift, trends: dict[str, Trend]) -> Trend | None:
    """Return a trend that is worth a look before the drift is: half of the way has been made, and not by chance."""
    trend = trends.get(column.column)
    if trend is None or column.level is not DriftLevel.NONE or not column.effect:
        return None
    is_chance = trend.p_value * len(drift.columns) > drift.limits.significance
    return None if is_chance or trend.last - trend.first < drift.limits.look / 2 else trend


def _read_column(column: ColumnDrift, drift: Drift, kind: SignalKind, trend: Trend | None) -> MeasuredSignal:
    effect = finite(column.effect) if column.level is not None else None
    yellow = drift.limits.look
    return MeasuredSignal(
        name=NAMES.get(kind, f"drift.{column.column}"),
        kind=kind,
        value=effect,
        p_value=trend.p_value * len(drift.columns) if trend else column.adjusted_p,
        yellow=min(yellow, effect) if trend and effect else yellow,
        red=drift.limits.act,
        text=_describe_column(column, WORDS.get(kind, column.column), trend),
    )


def _describe_column(column: ColumnDrift, what: str, trend: Trend | None) -> str:
    if column.level is None:
        return unknown(f"the drift of {what}", column.problem, "it was not measured")
    text = f"{what} has a stability index of {index(column.effect)} above its seasonal baseline"
    if trend is not None:
        text += f", risen from {index(trend.first)} in {trend.windows} windows"
    moved = _describe_move(column)
    return f"{text}: {moved}" if moved else text


def _describe_move(column: ColumnDrift) -> str:
    """Say what moved most, in the words of the bins."""
    if column.new_share and column.new_share >= WORTH_A_WORD:
        return f"{percent(column.new_share)} of the rows have a category that the reference does not know"
    if not column.movement.bins:
        return ""
    first = column.movement.bins[0]
    then, now = percent(first.then), percent(first.now)
    return f"{first.label} went from {then} to {now} of the rows" if then != now else ""


def _read_share(plan: AlertPlan, drift: Drift) -> MeasuredSignal:
    """Read how many of the features are red: single columns move with the season, half of them do not."""
    levels = [each.level for each in drift.columns if each.column != PREDICTION and each.level is not None]
    red = levels.count(DriftLevel.ACT)
    problem = drift.problem or "none was measured"
    return MeasuredSignal(
        name="features",
        kind=SignalKind.DRIFT,
        value=_share(red, len(levels)),
        yellow=plan.feature_share.yellow,
        red=plan.feature_share.red,
        text=f"{red} of {len(levels)} features have drifted far" if levels else unknown("drift", problem, ""),
        is_certain=True,  # chance was looked at column by column
    )


def _share(red: int, features: int) -> float | None:
    """Return the share of red features; one by itself is a single column, whatever share of a few it is."""
    if not features:
        return None
    return red / features if red > 1 else 0.0


def _read_separation(plan: AlertPlan, separation: Separation) -> MeasuredSignal:
    """Read the area's lower bound, less its seasonal baseline."""
    area = finite(separation.lower)
    baseline = max(0.0, (separation.seasonal_baseline or 0.5) - 0.5)
    return MeasuredSignal(
        name="separation",
        kind=SignalKind.DRIFT,
        value=None if area is None else area - baseline,
        p_value=separation.p_value,
        yellow=plan.separation.yellow,
        red=plan.separation.red,
        text=_describe_separation(separation),
    )


def _describe_separation(separation: Separation) -> str:
    if separation.auc is None:
        return unknown("whether now can be told from then", separation.problem, "it was not measured")
    baseline = f" (seasonal baseline: {number(separation.seasonal_baseline)})" if separation.seasonal_baseline else ""
    return (
        f"all features together tell now from then with an area under the curve of {number(separation.auc)}{baseline}"
    )


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
