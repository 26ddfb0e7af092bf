"""A monitoring run in this process."""

from dataclasses import dataclass

from ratchet.config.run import Run
from ratchet.pipelines.running import Watch, run_steps, unwatched
from ratchet.pipelines.tables import MONITOR
from ratchet.records.alerts import AlertReport
from ratchet.records.monitoring import MonitoringPages, Observation, Queue, Shift
from ratchet.records.production import ProductionPerformance


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringResult:
    """Every record of a finished monitoring run."""

    observation: Observation
    shift: Shift
    performance: ProductionPerformance
    queue: Queue
    alert_report: AlertReport
    pages: MonitoringPages


def monitor(run: Run, watch: Watch = unwatched) -> MonitoringResult:
    """Run every step; `watch` wraps each by its name.

    Raises:
        NothingYetError: nothing was predicted yet.
        RatchetError: the run itself is broken; a red alert is not that.
    """
    records = run_steps(MONITOR, run, watch)
    return MonitoringResult(
        observation=records["collect"],
        shift=records["measure_drift"],
        performance=records["measure_performance"],
        queue=records["queue_labels"],
        alert_report=records["alert"],
        pages=records["publish"],
    )
