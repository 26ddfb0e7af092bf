"""A monitoring run in one process: the stages of the DAG in the DAG's order, each record kept as it is made."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from ratchet.artifacts.monitoring_store import keep_monitoring
from ratchet.config.run import Run
from ratchet.records.alerts import AlertReport
from ratchet.records.monitoring import MonitoringPages, Observation, Queue, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.stages.alert import alert
from ratchet.stages.collect import collect
from ratchet.stages.measure_drift import measure_drift
from ratchet.stages.measure_performance import measure_performance
from ratchet.stages.publish import publish
from ratchet.stages.queue_labels import queue_labels

Record = TypeVar("Record")
Show = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringResult:
    """Every record of a finished monitoring run."""

    observation: Observation
    shift: Shift
    performance: ProductionPerformance
    queue: Queue
    alert_report: AlertReport
    pages: MonitoringPages


def monitor_model(run: Run, show: Show) -> MonitoringResult:
    """Run every stage; `show` wraps each step by its name.

    Raises:
        NothingYetError: nothing was predicted yet.
        RatchetError: the run itself is broken; a red alert is not that.
    """
    seen = _keep(run, show, "collect", lambda: collect(run))
    keep_monitoring(run, "run", run)  # only now: where nothing was predicted yet, no folder is to be left
    shift = _keep(run, show, "measure_drift", lambda: measure_drift(run, seen))
    performance = _keep(run, show, "measure_performance", lambda: measure_performance(run, seen))
    queue = _keep(run, show, "queue_labels", lambda: queue_labels(run, seen))
    alert_report = _keep(run, show, "alert", lambda: alert(run, seen, shift, performance))
    pages = _keep(run, show, "publish", lambda: publish(run, seen, shift, performance, alert_report, queue))
    return MonitoringResult(
        observation=seen, shift=shift, performance=performance, queue=queue, alert_report=alert_report, pages=pages
    )


def _keep(run: Run, show: Show, step: str, make: Callable[[], Record]) -> Record:
    """Make a record and put it on disk before the next step begins, as a task would."""
    with show(step):
        record = make()
        keep_monitoring(run, step, record)
    return record
