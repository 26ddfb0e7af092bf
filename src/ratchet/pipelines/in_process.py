"""A retraining, an adoption or a monitoring run in this process.

A retraining or an adoption is admitted, run, and concluded in the ledger whatever becomes of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from ratchet.artifacts.run_store import keep_record
from ratchet.config.run import Run
from ratchet.errors import ConfigError
from ratchet.gates.gate import Findings
from ratchet.ledger.settling import conclude
from ratchet.pipelines.running import Watch, run_steps, unwatched
from ratchet.pipelines.tables import ADOPT, MONITOR, RETRAIN
from ratchet.records.admission import OWN_REQUEST, Trigger, TriggerKind
from ratchet.records.alerts import AlertReport
from ratchet.records.data import DataReport, Table
from ratchet.records.judgement import Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.monitoring import MonitoringPages, Observation, Queue, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.records.promotion import Promotion, Report
from ratchet.stages.admit import admit, describe


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Every record of a finished run; challenger and findings are None when the data check stopped it."""

    run_id: str
    table: Table
    data_report: DataReport
    challenger: Challenger | None
    findings: Findings | None
    verdict: Verdict
    promotion: Promotion
    report: Report


def retrain(run: Run, watch: Watch = unwatched, *, person: str) -> RunResult:
    """Run every step; `watch` wraps each by its name. A run with an adoption judges that model instead of its own.

    In the ledger it is a person's run: it overrules the throttle, counts as an attempt, and answers what is waiting.

    Raises:
        ConfigError: a run of this name was told to wait.
        RatchetError: the run itself is broken; a rejected challenger is not that.
    """
    admission = admit(run, ((_request_of(run, person), "{}"),), actor=person)
    if not admission.admitted:  # it has the name of a run that had to wait
        raise ConfigError(f"run {run.run_id} {describe(admission)}; ask again with another --run-id")
    keep_record(run, "run", run)
    try:
        records = run_steps(ADOPT if run.adoption else RETRAIN, run, watch)
    except BaseException as error:  # Ctrl-C as well: whatever stops a run is its end
        conclude(run, _why(error), datetime.now(UTC))
        raise
    challenger = records["select"]
    findings = challenger and Findings(
        data_report=records["check"],
        evaluation=records["evaluate"],
        audit=records["audit"],
        behaviour=records["measure_behaviour"],
        serving_costs=records["measure_serving_cost"],
    )
    return RunResult(
        run_id=run.run_id,
        table=records["ingest"],
        data_report=records["check"],
        challenger=challenger,
        findings=findings,
        verdict=records["decide"],
        promotion=records["promote"],
        report=records["report"],
    )


def _why(error: BaseException) -> str:
    # SIGTERM comes as the same exception.
    if isinstance(error, KeyboardInterrupt):
        return "stopped from outside, by Ctrl-C or a signal"
    return f"{type(error).__name__}: {error}"


def _request_of(run: Run, person: str) -> Trigger:
    return Trigger(
        key=f"{OWN_REQUEST}{run.run_id}",
        kind=TriggerKind.PERSON,
        model=run.model,
        at=run.started,
        actor=person,
        reason=run.reason or "started from the command line, no reason given",
        override=True,
    )


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
