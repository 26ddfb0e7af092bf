"""Builders of what alerts are raised from: drifts, figures and earlier reports, week after week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ratchet.alerts.raising import raise_alerts
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import Alert, AlertLevel, AlertReport, Signal, SignalKind
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import ColumnDrift, Drift, DriftLevel, DriftLimits
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import CalibrationShift, ConceptShift, Figure, ProductionPerformance
from ratchet.timeline import Window

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
ONE_SIDED = 1.6448536269514722
NO_FILE = FileRef(path="none", sha256="0" * 64, size_bytes=0)
SHOWN, BY_CHANCE = 1e-5, 0.4


def week(number: int, weeks: int = 1) -> Window:
    """The window that ends with a week, counted from 1."""
    return Window(start=BEGIN + (number - weeks) * WEEK, end=BEGIN + number * WEEK)


def make_monitored(number: int = 10, **changes: object) -> Observation:
    """What a run at the end of a week looks at, without files."""
    window = week(number)
    observation = Observation(
        model="sales", run_id=f"monitor-{number}", version=1, as_of=window.end, window=window,
        long_window=week(number, 4), history=week(number, 12), observed=NO_FILE, rows=1_000, labelled=900,
        reference=NO_FILE, reference_profile=NO_FILE, reference_rows=NO_FILE, profiles=(), earlier=(),
    )  # fmt: skip
    return replace(observation, **changes)  # type: ignore[arg-type]


def make_figure(loss: float | None = 0.0, error: float | None = 0.002, number: int = 10, **changes: object) -> Figure:
    """The primary metric of everybody in a week, with a loss that has a standard error."""
    value, reach = 0.9 * (1 - (loss or 0.0)), 0.9 * ONE_SIDED * (error or 0.0)
    has_bounds = loss is not None and error is not None
    figure = Figure(
        metric="roc_auc", segment=None, window=week(number), rows=1_000, open_share=0.01,
        value=None if loss is None else value, lower=value - reach if has_bounds else None,
        upper=value + reach if has_bounds else None, baseline=0.9, loss=loss,
        loss_lower=(loss or 0.0) - ONE_SIDED * (error or 0.0) if has_bounds else None,
        problem="no label has matured" if loss is None else None,
    )  # fmt: skip
    return replace(figure, **changes)  # type: ignore[arg-type]


def make_appraisal(
    *figures: Figure, weekly: Sequence[float] = (), number: int = 10, **changes: object
) -> ProductionPerformance:
    """How well a week went; no figure given, it lost nothing. `weekly` has the losses of the weeks before."""
    first = number - len(weekly)
    performance = ProductionPerformance(
        as_of=week(number).end, matured_until=week(number).end, maturity=0.99,
        figures=figures or (make_figure(number=number),),
        weekly=tuple(_make_earlier(loss, number=first + at) for at, loss in enumerate(weekly)),
        spread=(), calibration=CalibrationShift(rows=0, problem="no label"), patterns=(),
        concept=ConceptShift(rows=0, problem="no label"), estimates=(),
    )  # fmt: skip
    return replace(performance, **changes)  # type: ignore[arg-type]


def _make_earlier(loss: float, number: int) -> Figure:
    """A figure of an earlier week, which comes without a baseline."""
    return replace(make_figure(loss, number=number), baseline=None, loss=None, loss_lower=None)


def make_column(name: str = "age", effect: float | None = 0.0, adjusted_p: float = SHOWN) -> ColumnDrift:
    """The drift of a column with the level that it has by the usual limits; None was not measured."""
    if effect is None:
        return ColumnDrift(column=name, kind=ColumnKind.NUMERIC, problem="has no value in the window")
    raised = adjusted_p <= 0.01
    level = DriftLevel.ACT if raised and effect >= 0.25 else DriftLevel.LOOK if raised and effect >= 0.1 else None
    return ColumnDrift(
        column=name, kind=ColumnKind.NUMERIC, level=level or DriftLevel.NONE, effect=effect, adjusted_p=adjusted_p
    )


def make_drift(*columns: ColumnDrift, **changes: object) -> Drift:
    """The drift of columns; none given, nothing moved."""
    columns = columns or tuple(make_column(name) for name in ("age", "city", "prediction"))
    drift = Drift(
        reference="r", rows_then=5_000, rows_now=1_000, start=None, end=None, limits=DriftLimits(), level=None,
        columns=columns,
    )  # fmt: skip
    return replace(drift, **changes)  # type: ignore[arg-type]


def make_shift(*columns: ColumnDrift, number: int = 10, **changes: object) -> Shift:
    """How far a week moved."""
    shift = Shift(window=week(number), drift=make_drift(*columns), label_drift=None, separation=None, trends=())
    return replace(shift, **changes)  # type: ignore[arg-type]


def monitor_weeks(
    plan: AlertPlan, weeks: Sequence[tuple[Shift, ProductionPerformance]], first: int = 10
) -> list[AlertReport]:
    """One report a week, each of which remembers those before."""
    reports: list[AlertReport] = []
    for number, (shift, performance) in enumerate(weeks, start=first):
        reports.append(raise_alerts(plan, make_monitored(number), shift, performance, reports, now=week(number).end))
    return reports


def monitor_losses(plan: AlertPlan, losses: Sequence[float | None], error: float = 0.002) -> list[AlertReport]:
    """One report a week over the losses of the primary metric, nothing else moved."""
    weeks = [
        (make_shift(number=at), make_appraisal(make_figure(loss, error, at), number=at))
        for at, loss in enumerate(losses, start=10)
    ]
    return monitor_weeks(plan, weeks)


def make_signal(value: float | None = 0.0, *, significant: bool | None = True, **changes: object) -> Signal:
    """A loss with the limits 2 % and 5 %."""
    signal = Signal(
        name="performance.roc_auc", kind=SignalKind.PERFORMANCE, segment=None, value=value,
        significant=None if value is None else significant, level=AlertLevel.GREEN if value is not None
        else AlertLevel.UNKNOWN, sentence="roc_auc moved", yellow=0.02, red=0.05,
    )  # fmt: skip
    return replace(signal, **changes)  # type: ignore[arg-type]


def make_alert(signal: Signal | None = None, level: AlertLevel = AlertLevel.GREEN, **changes: object) -> Alert:
    """What a signal came to."""
    alert = Alert(
        signal=signal or make_signal(), level=level, was=None, since=BEGIN, sentence="roc_auc moved", advice="",
        runbook="performance-drop.md",
    )  # fmt: skip
    return replace(alert, **changes)  # type: ignore[arg-type]


def level_of(report: AlertReport, name: str) -> AlertLevel:
    """The level of one alert."""
    return next(alert.level for alert in report.alerts if alert.signal.name == name)
