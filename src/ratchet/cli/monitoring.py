"""A monitoring run in one process: the stages of the DAG in the DAG's order, each record kept as it is made."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from ratchet.artifacts.monitoring import keep_monitoring
from ratchet.config.run import Run
from ratchet.records.alerts import Watch
from ratchet.records.appraisal import Appraisal
from ratchet.records.monitoring import MonitoringPages, Observation, Queue, Shift
from ratchet.stages.alert import alert
from ratchet.stages.appraise import appraise
from ratchet.stages.compare import compare
from ratchet.stages.enqueue import enqueue
from ratchet.stages.observe import observe
from ratchet.stages.publish import publish

Record = TypeVar("Record")
Show = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringResult:
    """Every record of a finished monitoring run."""

    observation: Observation
    shift: Shift
    appraisal: Appraisal
    queue: Queue
    watch: Watch
    pages: MonitoringPages


def monitor_model(run: Run, show: Show) -> MonitoringResult:
    """Run every stage; `show` wraps each step by its name.

    Raises:
        NothingYetError: nothing was predicted yet.
        RatchetError: the run itself is broken; a red alert is not that.
    """
    seen = _keep(run, show, "observe", lambda: observe(run))
    keep_monitoring(run, "run", run)  # only now: where nothing was predicted yet, no folder is to be left
    shift = _keep(run, show, "compare", lambda: compare(run, seen))
    appraisal = _keep(run, show, "appraise", lambda: appraise(run, seen))
    queue = _keep(run, show, "enqueue", lambda: enqueue(run, seen))
    watch = _keep(run, show, "alert", lambda: alert(run, seen, shift, appraisal))
    pages = _keep(run, show, "publish", lambda: publish(run, seen, shift, appraisal, watch, queue))
    return MonitoringResult(observation=seen, shift=shift, appraisal=appraisal, queue=queue, watch=watch, pages=pages)


def _keep(run: Run, show: Show, step: str, make: Callable[[], Record]) -> Record:
    """Make a record and put it on disk before the next step begins, as a task would."""
    with show(step):
        record = make()
        keep_monitoring(run, step, record)
    return record
