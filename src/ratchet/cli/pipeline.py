"""A run in one process: the stages of the DAG in the DAG's order, each record kept as it is made."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from ratchet.artifacts.history import forget_problem, keep_problem, keep_record
from ratchet.cli.person import name_person
from ratchet.config.run import Run
from ratchet.errors import ConfigError, RatchetError
from ratchet.gates.all_gates import Findings
from ratchet.ledger.runs import write_verdict
from ratchet.ledger.settling import conclude
from ratchet.records.admission import OWN_REQUEST, Trigger, TriggerKind
from ratchet.records.data import DataReport, Table
from ratchet.records.judgement import Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.outcome import Outcome
from ratchet.records.promotion import Promotion, Report
from ratchet.stages.admit import admit, describe
from ratchet.stages.audit import audit
from ratchet.stages.check import check
from ratchet.stages.decide import decide
from ratchet.stages.evaluate import evaluate
from ratchet.stages.ingest import ingest
from ratchet.stages.measure_behaviour import measure_behaviour
from ratchet.stages.measure_serving_cost import measure_serving_cost
from ratchet.stages.promote import promote
from ratchet.stages.report import report
from ratchet.stages.select import select
from ratchet.stages.split import split
from ratchet.stages.train import train

Record = TypeVar("Record")
Watch = Callable[[str], AbstractContextManager[None]]


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


def run_pipeline(run: Run, watch: Watch) -> RunResult:
    """Run every stage; `watch` wraps each step by its name.

    In the ledger it is a person's run: it overrules the throttle, counts as an attempt, and answers what is waiting.

    Raises:
        ConfigError: a run of this name was told to wait.
        RatchetError: the run itself is broken; a rejected challenger is not that.
    """
    person = name_person()
    admission = admit(run, ((_request_of(run, person), "{}"),), actor=person)
    if not admission.admitted:  # it has the name of a run that had to wait
        raise ConfigError(f"run {run.run_id} {describe(admission)}; ask again with another --run-id")
    keep_record(run, "run", run)
    try:
        result = _run_stages(run, watch)
    except BaseException as error:  # Ctrl-C as well: whatever stops a run is its end
        conclude(run, _why(error), datetime.now(UTC))
        raise
    conclude(run, None, datetime.now(UTC))
    return result


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


def _run_stages(run: Run, watch: Watch) -> RunResult:
    table = _keep(run, watch, "ingest", lambda: ingest(run))
    data_report = _keep(run, watch, "check", lambda: check(run, table))
    challenger, findings = (None, None) if data_report.outcome is Outcome.FAIL else _model(run, watch, table)
    verdict = _keep(run, watch, "decide", lambda: _decide(run, data_report, findings))
    write_verdict(run, verdict, at=datetime.now(UTC))
    promotion = _keep(run, watch, "promote", lambda: promote(run, challenger, verdict))
    evaluation = findings.evaluation if findings else None
    pages = _keep(run, watch, "report", lambda: report(run, data_report, verdict, promotion, evaluation, challenger))
    return RunResult(
        run_id=run.run_id,
        table=table,
        data_report=data_report,
        challenger=challenger,
        findings=findings,
        verdict=verdict,
        promotion=promotion,
        report=pages,
    )


def _model(run: Run, watch: Watch, table: Table) -> tuple[Challenger, Findings]:
    parts = _keep(run, watch, "split", lambda: split(run, table))
    leaks = _keep(run, watch, "audit", lambda: audit(run, parts))
    names = [spec.name for spec in run.chosen]
    candidates = tuple(_keep(run, watch, _fit(name), partial(train, run, parts, name)) for name in names)
    challenger = _keep(run, watch, "select", lambda: select(run, candidates))
    findings = Findings(
        evaluation=_keep(run, watch, "evaluate", lambda: evaluate(run, challenger, parts)),
        audit=leaks,
        behaviour=_keep(run, watch, "measure_behaviour", lambda: measure_behaviour(run, challenger, parts)),
        serving_costs=_keep(run, watch, "measure_serving_cost", lambda: measure_serving_cost(run, challenger, parts)),
    )
    return challenger, findings


def _decide(run: Run, data_report: DataReport, findings: Findings | None) -> Verdict:
    if findings is None:
        return decide(run, data_report, None, None, None, None)
    return decide(run, data_report, findings.evaluation, findings.audit, findings.behaviour, findings.serving_costs)


def _keep(run: Run, watch: Watch, step: str, make: Callable[[], Record]) -> Record:
    """Make a record, or a note why there is none, and put it on disk before the next step begins, as a task would."""
    with watch(step):
        try:
            record = make()
        except RatchetError as error:
            keep_problem(run, step, str(error))
            raise
        keep_record(run, step, record)
        forget_problem(run, step)
    return record


def _fit(candidate: str) -> str:
    return f"train-{candidate}"
