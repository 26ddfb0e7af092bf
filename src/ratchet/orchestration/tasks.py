"""Walk a pipeline's table as Airflow tasks; nothing of a stage is imported until its task runs.

Records travel between tasks as JSON, by the annotations of the stages. Only failures of the infrastructure are tried
again, never those of data, config or judgement.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_type_hints

from airflow.sdk import RetryDecision, RetryPolicy, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import TypeAdapter, ValidationError

from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.settings import keep_quiet
from ratchet.errors import NothingYetError, RatchetError
from ratchet.pipelines.running import is_rejected, keeping_problems, load_stage, name_record
from ratchet.pipelines.tables import PIPELINES, Pipeline, Step, When

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

RUN = "run"  # the XCom in which the first task hands the run to all others
RETRIES = 2
RETRY_DELAY = timedelta(seconds=5)
RULES = {
    When.ALL_MADE: TriggerRule.ALL_SUCCESS,
    When.ALL_ENDED: TriggerRule.ALL_DONE,
    When.NONE_BROKE: TriggerRule.NONE_FAILED,
}
# By name, so that parsing a DAG loads none of these libraries.
INFRASTRUCTURE = frozenset(
    {
        "builtins.OSError",  # disk, network, and all of `requests`
        "builtins.MemoryError",
        "mlflow.exceptions.MlflowException",  # the registry is out of reach or busy
        "sqlalchemy.exc.DBAPIError",
        "sqlalchemy.exc.TimeoutError",
    }
)

logger = logging.getLogger(__name__)


def draw(pipeline: Pipeline, config: ModelConfig, opening: "XComArg") -> "dict[str, XComArg]":
    """Make the tasks of a pipeline's steps behind its first task, and return what each gives by its name.

    Passing one task's result to another draws the arrow. Every stage gets the run from the first task; drawing that
    arrow to each would hide the others.
    """
    made: dict[str, XComArg] = {}
    for step in pipeline.steps:
        made[step.name] = _draw_step(pipeline, step, config, made)
        if not step.inputs:
            opening >> made[step.name]
    return made


def _draw_step(pipeline: Pipeline, step: Step, config: ModelConfig, made: "Mapping[str, XComArg]") -> "XComArg":
    inputs = {parameter: made[source] for parameter, source in step.inputs.items()}
    given: dict[str, Any] = {"pipeline": pipeline.name, "stage": step.name, "inputs": inputs}
    if step.unless_rejected:
        given["unless_rejected"] = made[step.unless_rejected]
    if not step.is_for_each:
        result: XComArg = make_task(run_stage, step.name, trigger_rule=RULES[step.when])(**given)
        return result
    make = make_task(run_stage, step.name, map_index_template="{{ task.op_kwargs['candidate'] }}")
    results: XComArg = make.partial(**given).expand(candidate=[spec.name for spec in config.candidates])
    return results


def run_stage(
    pipeline: str,
    stage: str,
    inputs: dict[str, Any],
    *,
    candidate: str | None = None,
    unless_rejected: dict[str, Any] | None = None,
) -> Any:
    """Run a stage on records that arrive as JSON, keep its record where the pipeline does, return it as JSON.

    Raises:
        AirflowSkipException: the data was rejected, nothing is there yet, or the person asked for other candidates.
        AirflowFailException: the stage said in one sentence what is wrong; another try would not help.
    """
    if unless_rejected and is_rejected(unless_rejected):
        raise AirflowSkipException("the data check failed: nothing is trained on this delivery")
    keep_quiet()
    table, function = PIPELINES[pipeline], load_stage(stage)
    run, name = pull_run(table), name_record(stage, candidate)
    _skip_unasked_candidate(run, candidate)
    own = {"candidate": candidate} if candidate else {}
    try:
        with keeping_problems(table, run, name):
            record = function(run, **read_inputs(function, {**inputs, **own}))
    except NothingYetError as waiting:
        logger.info("%s", waiting)  # Airflow does not show why a task was skipped
        raise AirflowSkipException(str(waiting)) from waiting
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error
    table.keep(run, name, record)
    return write_output(function, record)


def pull_run(pipeline: Pipeline) -> Run:
    """Return what the first task of this DAG made: the first argument of every stage."""
    opening = pipeline.opening.name if pipeline.opening else None
    return Run.model_validate(get_current_context()["ti"].xcom_pull(task_ids=opening, key=RUN))


def _skip_unasked_candidate(run: Run, candidate: str | None) -> None:
    if candidate and candidate not in {spec.name for spec in run.chosen}:
        raise AirflowSkipException(f"candidate {candidate} was not asked for in this run")


def make_task(function: Callable[..., Any], name: str, *, kind: Callable[..., Any] = task, **options: Any) -> Any:
    """Return a function that makes a task of our kind: infrastructure is tried again, nothing else."""
    return kind(task_id=name, retries=RETRIES, retry_delay=RETRY_DELAY, retry_policy=RetryInfrastructure(), **options)(
        function
    )


def read_inputs(function: Callable[..., object], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn JSON values into what a stage's parameters are annotated with.

    Raises:
        RatchetError: a value does not fit its parameter; the sentence names both.
    """
    hints = get_type_hints(function)
    return {name: _read(function.__name__, name, hints[name], value) for name, value in inputs.items()}


def write_output(function: Callable[..., object], output: object) -> Any:
    """Turn a stage's record into JSON values."""
    return TypeAdapter(get_type_hints(function)["return"]).dump_python(output, mode="json")


def _read(stage: str, name: str, hint: Any, value: Any) -> Any:
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise RatchetError(
            f"stage {stage}: {where}: {first['msg']}; clear the run to make its records again"
        ) from error


class RetryInfrastructure(RetryPolicy):
    """Try again what a later moment can mend; fail at once on anything else.

    A killed task raises nothing and is tried again by Airflow itself.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: "Context | None" = None
    ) -> RetryDecision:
        """Return whether this exception deserves another try."""
        del try_number, max_tries, context
        if is_infrastructure(exception):
            return RetryDecision.retry(reason=f"infrastructure: {type(exception).__name__}")
        return RetryDecision.fail(reason=f"another try would end the same way: {type(exception).__name__}")

    def serialize(self) -> dict[str, Any]:
        """Return the policy's parameters: it has none."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "RetryInfrastructure":
        """Rebuild the policy."""
        del data
        return cls()


def is_infrastructure(error: BaseException) -> bool:
    """Tell a failure of disk, network, memory or database from any other."""
    return any(f"{kind.__module__}.{kind.__qualname__}" in INFRASTRUCTURE for kind in type(error).__mro__)
