"""Builders of what a monitoring run tells: one story of each level."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from builders.drifts import make_drift
from builders.runs import make_config, make_run
from builders.weeks import NO_FILE, week
from ratchet.records.alerts import Alert, AlertLevel, AlertReport, Incident, Signal, SignalKind
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import Drift, DriftLimits, Separation, Trend
from ratchet.records.files import FileRef
from ratchet.records.monitoring import EarlierEffects, Observation, Queue, Shift
from ratchet.records.production import (
    CalibrationShift,
    ConceptShift,
    ErrorPattern,
    Estimate,
    Figure,
    ProductionPerformance,
    Spread,
)
from ratchet.reports.monitoring_page import EvidentlyLink, MonitoringStory
from ratchet.timeline import Window

NOW = 12  # the week that is looked at
FOLDER = "monitoring/sales/runs/monitor-1"
ROC = (0.912, 0.908, 0.915, 0.911, 0.907, 0.913, 0.909, 0.902, 0.894, 0.879, 0.861)


def make_figure(value: float | None = 0.861, number: int = NOW - 1, **changes: object) -> Figure:
    """The primary metric of a week, for everybody."""
    loss = None if value is None else (0.91 - value) / 0.91
    figure = Figure(
        metric="roc_auc", segment=None, window=week(number), rows=4_812, open_share=0.031, value=value,
        lower=None if value is None else value - 0.011, upper=None if value is None else value + 0.01,
        baseline=0.91, loss=loss, loss_lower=None if loss is None else loss - 0.012,
        problem="no label has matured" if value is None else None,
    )  # fmt: skip
    return replace(figure, **changes)  # type: ignore[arg-type]


def make_appraisal(**changes: object) -> ProductionPerformance:
    """How well production went: slowly worse."""
    performance = ProductionPerformance(
        as_of=week(NOW).end, matured_until=week(NOW - 1).end, maturity=0.962,
        figures=(
            make_figure(), make_figure(0.878, window=week(NOW - 1, 4)),
            make_figure(0.341, metric="log_loss", baseline=0.327, loss=0.043, loss_lower=0.031),
            make_figure(0.792, segment="city=Oslo", rows=811), make_figure(0.903, segment="city=Bern", rows=1_650),
            make_figure(None, segment="city=Rome", rows=12, problem="12 rows are too few"),
        ),
        weekly=tuple(make_figure(value, at, baseline=None, loss_lower=None) for at, value in enumerate(ROC[:-1], 1)),
        spread=(Spread(metric="roc_auc", periods=77, p25=0.897, p50=0.909, p75=0.918),),
        calibration=CalibrationShift(
            rows=4_812, predicted=0.214, observed=0.262, gap=0.048, gap_lower=0.037, gap_upper=0.059, gap_then=0.002
        ),
        patterns=(
            ErrorPattern(
                feature="age", where="52 to 71", rows=903, error_rate=0.241, elsewhere=0.117, share_of_errors=0.322,
                p_value=0.00002,
            ),
        ),
        concept=ConceptShift(rows=4_812, data_part=0.004, concept_part=0.027, p_value=0.0004, shifted=True),
        estimates=(Estimate(metric="roc_auc", value=0.904, confirmed=False, checked=6, error=0.031),), holdout=0.923,
    )  # fmt: skip
    return replace(performance, **changes)  # type: ignore[arg-type]


@cache
def make_moved_drift() -> Drift:
    """Age has moved, a city is new, membership is as it was."""
    chance = np.random.default_rng(0)
    then = {
        "age": chance.normal(48, 11, 9_000), "city": chance.choice(["Oslo", "Bern", "Rome"], 9_000),
        "member": chance.random(9_000) < 0.4, "prediction": chance.beta(2, 6, 9_000),
    }  # fmt: skip
    now = {
        "age": chance.normal(55, 10, 5_000), "city": chance.choice(["Oslo", "Bern", "Rome", "Kyiv"], 5_000),
        "member": chance.random(5_000) < 0.41, "prediction": chance.beta(2.6, 6, 5_000),
    }  # fmt: skip
    return make_drift(then, now, city=ColumnKind.CATEGORICAL, member=ColumnKind.BOOLEAN)


def make_shift(**changes: object) -> Shift:
    """How far the rows moved."""
    drift = make_moved_drift()
    earlier = tuple(
        EarlierEffects(
            window=week(number), effects={each.column: (each.effect or 0) * number / NOW for each in drift.columns}
        )
        for number in range(4, NOW)
    )
    shift = Shift(
        window=week(NOW), drift=drift, label_drift=None,
        separation=Separation(
            rows_then=5_000, rows_now=5_000, auc=0.78, lower=0.77, upper=0.79, p_value=1e-9, seasonal_baseline=0.55
        ),
        trends=(Trend(column="age", windows=8, first=0.14, last=0.47, p_value=2.8e-06),), earlier=earlier,
    )  # fmt: skip
    return replace(shift, **changes)  # type: ignore[arg-type]


def make_alert(name: str, level: AlertLevel, sentence: str, **changes: object) -> Alert:
    """An alert that was green the week before."""
    kind = SignalKind.DRIFT if name.startswith("drift") else SignalKind.PERFORMANCE
    signal = Signal(
        name=name, kind=kind, segment=None, value=0.3, significant=True, level=level, sentence=sentence
    )  # fmt: skip
    alert = Alert(
        signal=signal, level=level, was=AlertLevel.GREEN, since=week(NOW - 1).end, sentence=sentence,
        advice="" if level is AlertLevel.GREEN else "look where errors gather, then retrain",
        runbook="performance-drop.md",
    )  # fmt: skip
    return replace(alert, **changes)  # type: ignore[arg-type]


def make_alert_report(**changes: object) -> AlertReport:
    """Red, with an incident."""
    alerts = (
        make_alert("performance.roc_auc", AlertLevel.RED, "roc_auc is 0.861, 5.4 % below its baseline of 0.91"),
        make_alert(
            "drift.age", AlertLevel.YELLOW, "age has a stability index of 0.47 above its seasonal baseline",
            advice="compare the column's distributions, then its source", runbook="data-drift.md",
        ),
        make_alert("performance.log_loss", AlertLevel.UNKNOWN, "log_loss is not known: no baseline yet"),
        make_alert("drift.city", AlertLevel.GREEN, "city is as usual"),
    )  # fmt: skip
    incident = Incident(
        key="sales-2026-03-23", model="sales", opened=week(NOW).end, severity=2, symptoms=("roc_auc fell",),
        runbook="performance-drop.md",
    )  # fmt: skip
    report = AlertReport(
        model="sales", run_id="monitor-1", as_of=week(NOW).end, window=week(NOW), level=AlertLevel.RED, alerts=alerts,
        muted=None, asks_for="roc_auc is 0.861, 5.4 % below its baseline of 0.91", incident=incident,
        sentence="red: roc_auc is 0.861, 5.4 % below its baseline of 0.91",
    )  # fmt: skip
    return replace(report, **changes)  # type: ignore[arg-type]


def make_observed(**changes: object) -> Observation:
    """A week of production."""
    observation = Observation(
        model="sales", run_id="monitor-1", version=7, as_of=week(NOW).end, window=week(NOW), long_window=week(NOW, 4),
        history=week(NOW, NOW), observed=NO_FILE, rows=5_000, labelled=1_205, reference=NO_FILE,
        reference_profile=NO_FILE, reference_rows=NO_FILE, profiles=(), earlier=(),
        warnings=("31 labels are about rows that were never scored",),
    )  # fmt: skip
    return replace(observation, **changes)  # type: ignore[arg-type]


def make_queue(**changes: object) -> Queue:
    """Some rows worth a label."""
    file = FileRef(path=f"{FOLDER}/queue.parquet", sha256="0" * 64, size_bytes=9)
    queue = Queue(file=file, rows=200, eligible=3_795, reason="the least certain of each city, evenly")
    return replace(queue, **changes)  # type: ignore[arg-type]


def make_monitoring_story(**changes: object) -> MonitoringStory:
    """A model that got worse as its rows moved."""
    story = MonitoringStory(
        run=make_run(Path("home"), make_config(), run_id="monitor-1"),
        observation=make_observed(),
        shift=make_shift(),
        performance=make_appraisal(),
        alert_report=make_alert_report(),
        queue=make_queue(),
        evidently=EvidentlyLink(file="evidently-5000-rows.html", rows_then=5_000, rows_now=5_000),
    )
    return replace(story, **changes)  # type: ignore[arg-type]


def without_clock(story: MonitoringStory) -> MonitoringStory:
    """The same of rows that have an order only."""
    window, long_window = Window(start=11_000, end=12_000), Window(start=8_000, end=12_000)
    figures = tuple(replace(each, window=window) for each in story.performance.figures)
    weekly = tuple(
        replace(each, window=Window(start=at * 1_000, end=at * 1_000 + 1_000))
        for at, each in enumerate(story.performance.weekly)
    )
    return replace(
        story,
        observation=replace(
            story.observation, as_of=12_000, window=window, long_window=long_window, history=Window(start=0, end=12_000)
        ),
        performance=replace(story.performance, as_of=12_000, matured_until=11_500, figures=figures, weekly=weekly),
        alert_report=replace(
            story.alert_report,
            as_of=12_000,
            window=window,
            alerts=tuple(replace(each, since=11_000) for each in story.alert_report.alerts),
        ),
    )


def make_green_story() -> MonitoringStory:
    """Nothing moved."""
    chance = np.random.default_rng(1)
    drift = make_drift({"age": chance.normal(size=5_000)}, {"age": chance.normal(size=1_000)})
    alert = make_alert("drift.age", AlertLevel.GREEN, "age is as usual")
    return make_monitoring_story(
        shift=make_shift(drift=drift, trends=(), earlier=()),
        alert_report=make_alert_report(
            level=AlertLevel.GREEN, alerts=(alert,), asks_for=None, incident=None,
            sentence="green: none of 1 signals moved by more than its limit and chance",
        ),
    )  # fmt: skip


def make_yellow_story() -> MonitoringStory:
    """One feature moved: red by itself, and a reason to look."""
    sentence = "age has a stability index of 0.47 above its seasonal baseline"
    alert = make_alert("drift.age", AlertLevel.RED, sentence, advice="compare the column's distributions")
    return make_monitoring_story(
        alert_report=make_alert_report(
            level=AlertLevel.YELLOW, alerts=(alert,), asks_for=None, incident=None, sentence=f"yellow: {sentence}"
        )
    )  # fmt: skip


def make_empty_story() -> MonitoringStory:
    """The window has no rows, and no label ever came."""
    problem = "the window has no rows: no data, which is not no drift"
    drift = Drift(
        reference="r", rows_then=9_000, rows_now=0, start=None, end=None, limits=DriftLimits(), level=None,
        columns=(), problem=problem,
    )  # fmt: skip
    alert = make_alert("data.rows", AlertLevel.UNKNOWN, "no rows came", advice="look for the feed")
    return make_monitoring_story(
        observation=make_observed(rows=0, labelled=0, warnings=()),
        shift=Shift(window=week(NOW), drift=drift, label_drift=None, separation=None, trends=()),
        performance=make_appraisal(
            matured_until=None, maturity=None, figures=(), weekly=(), spread=(), patterns=(), estimates=(),
            calibration=CalibrationShift(rows=0, problem="no label has matured"),
            concept=ConceptShift(rows=0, problem="no label has matured"),
        ),
        alert_report=make_alert_report(
            level=AlertLevel.UNKNOWN, alerts=(alert,), asks_for=None, incident=None,
            sentence="unknown, which is not green: no rows came",
        ),
        queue=make_queue(file=None, rows=0, eligible=0, reason="there is no prediction to choose from"),
        evidently=EvidentlyLink(file=None, remarks=("one side has no rows",)),
    )  # fmt: skip


WATCHED = {
    "red": make_monitoring_story, "yellow": make_yellow_story, "green": make_green_story, "unknown": make_empty_story,
}  # fmt: skip
