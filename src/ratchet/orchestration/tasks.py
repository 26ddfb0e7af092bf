"""Make one Airflow task of one stage; nothing of a stage is imported until its task runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from ratchet.config.quiet import keep_quiet
from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.orchestration.failures import RetryInfrastructure
from ratchet.orchestration.wire import read_inputs, write_output
from ratchet.records.outcome import Outcome

if TYPE_CHECKING:
    from airflow.sdk import XComArg

FIRST = "admit"
RUN = "run"  # the XCom in which the first task hands the run to all others
RETRIES = 2
RETRY_DELAY = timedelta(seconds=5)


def stage(
    name: str,
    *,
    unless_rejected: "XComArg | None" = None,
    trigger_rule: TriggerRule = TriggerRule.ALL_SUCCESS,
    **inputs: "XComArg",
) -> "XComArg":
    """Make the task of a stage; passing one task's result to another draws the arrow.

    Args:
        name: the stage, its module and the task's id.
        unless_rejected: the data check's report; the task is skipped when that failed.
        trigger_rule: when the task may run.
        **inputs: the stage's parameters but for `run`, which every stage gets from the first task: drawing that
            arrow nine times would hide the others.
    """
    make = make_task(run_stage, name, trigger_rule=trigger_rule)
    result: XComArg = make(stage_name=name, inputs=inputs, unless_rejected=unless_rejected)
    return result


def stage_for_each(name: str, *, candidates: list[str], **inputs: "XComArg") -> "XComArg":
    """Make one mapped task of a stage, an instance for each candidate, named after it."""
    make = make_task(run_stage, name, map_index_template="{{ task.op_kwargs['candidate'] }}")
    results: XComArg = make.partial(stage_name=name, inputs=inputs).expand(candidate=candidates)
    return results


def run_stage(
    stage_name: str,
    inputs: dict[str, Any],
    *,
    candidate: str | None = None,
    unless_rejected: dict[str, Any] | None = None,
) -> Any:
    """Run a stage on records that arrive as JSON, keep its record in the run folder, return it as JSON.

    Raises:
        AirflowSkipException: the data was rejected, or the person asked for other candidates.
        AirflowFailException: the stage said in one sentence what is wrong; another try would not help.
    """
    if unless_rejected and unless_rejected["outcome"] == Outcome.FAIL:
        raise AirflowSkipException("the data check failed: nothing is trained on this delivery")
    keep_quiet()
    function = getattr(import_module(f"ratchet.stages.{stage_name}"), stage_name)
    own = {"candidate": candidate} if candidate else {}
    try:
        arguments = read_inputs(function, {"run": pull_run(), **inputs, **own})
        _skip_unasked_candidate(arguments["run"], candidate)
        output = function(**arguments)
    except RatchetError as error:
        keep_failure(name_record(stage_name, candidate), str(error))
        raise AirflowFailException(str(error)) from error
    keep_output(arguments["run"], stage_name, candidate, output)
    return write_output(function, output)


def pull_run() -> Any:
    """Return what the first task of this DAG made: the first argument of every stage."""
    return get_current_context()["ti"].xcom_pull(task_ids=FIRST, key=RUN)


def keep_output(run: Run, stage_name: str, candidate: str | None, output: object) -> None:
    """Write a stage's record into the run folder, a mapped stage's under its candidate's name.

    A verdict goes into the ledger as well, and with its report a run has ended.
    """
    from ratchet.artifacts.history import forget_problem, keep_record
    from ratchet.ledger.runs import write_verdict
    from ratchet.ledger.settling import conclude
    from ratchet.records.judgement import Verdict
    from ratchet.records.promotion import Report

    name = name_record(stage_name, candidate)
    keep_record(run, name, output)
    forget_problem(run, name)
    if isinstance(output, Verdict):
        write_verdict(run, output, at=datetime.now(UTC))
    if isinstance(output, Report):
        conclude(run, None, datetime.now(UTC))


def keep_failure(name: str, problem: str) -> None:
    """Write down what a stage said, for the entry of the run's end: Airflow only tells that a task has failed."""
    from ratchet.artifacts.history import keep_problem

    keep_problem(Run.model_validate(pull_run()), name, problem)


def name_record(stage_name: str, candidate: str | None) -> str:
    """Return what the files of a stage are called, of a mapped stage for one candidate."""
    return f"{stage_name}-{candidate}" if candidate else stage_name


def _skip_unasked_candidate(run: Run, candidate: str | None) -> None:
    if candidate and candidate not in {spec.name for spec in run.chosen}:
        raise AirflowSkipException(f"candidate {candidate} was not asked for in this run")


def make_task(function: Callable[..., Any], name: str, *, kind: Callable[..., Any] = task, **options: Any) -> Any:
    """Return a function that makes a task of our kind: infrastructure is tried again, nothing else."""
    return kind(task_id=name, retries=RETRIES, retry_delay=RETRY_DELAY, retry_policy=RetryInfrastructure(), **options)(
        function
    )
