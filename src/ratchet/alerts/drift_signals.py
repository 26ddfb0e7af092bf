"""Measured signals of what moved: each feature, the prediction, the label, and all features together."""

from collections.abc import Iterator

from ratchet.alerts.measured import MeasuredSignal, finite, index, number, percent, unknown
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import SignalKind
from ratchet.records.columns import PREDICTION
from ratchet.records.drift import ColumnDrift, Drift, DriftLevel, Separation, Trend
from ratchet.records.monitoring import Shift

WORDS = {SignalKind.PREDICTION: "the prediction", SignalKind.LABEL: "the label"}
NAMES = {SignalKind.PREDICTION: "prediction", SignalKind.LABEL: "label"}
WORTH_A_WORD = 0.01  # share of rows with a new category


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
