"""Walk a pipeline in this process, step by step; and the one step that Airflow's tasks share with it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.pipelines.tables import Pipeline, Step, When
from ratchet.records.judgement import Outcome

Watch = Callable[[str], AbstractContextManager[None]]


def unwatched(_step: str) -> AbstractContextManager[None]:
    """Watch nothing."""
    return nullcontext()


def run_steps(pipeline: Pipeline, run: Run, watch: Watch = unwatched, **options: object) -> dict[str, Any]:
    """Make the record of every step, and return them by their names; a step that is skipped gives None.

    Args:
        pipeline: what is run.
        run: the first argument of every stage.
        watch: wraps each step by its name.
        **options: what the steps' own options are.

    Raises:
        RatchetError: a stage said in one sentence what is wrong.
    """
    records: dict[str, Any] = {}
    for step in pipeline.steps:
        if is_skipped(step, records):
            records[step.kept_as] = None
            continue
        inputs = {parameter: records[source] for parameter, source in step.inputs.items()}
        inputs |= {name: options[name] for name in step.options if name in options}
        every = [{**inputs, "candidate": spec.name} for spec in run.chosen] if step.is_for_each else [inputs]
        made = tuple(_make_record(pipeline, step, run, each, watch) for each in every)
        records[step.kept_as] = made if step.is_for_each else made[0]
    return records


def _make_record(pipeline: Pipeline, step: Step, run: Run, inputs: Mapping[str, Any], watch: Watch) -> object:
    name = name_record(step.kept_as, inputs.get("candidate"))
    with watch(name), keeping_problems(pipeline, run, name):
        record = load_stage(step.name)(run, **inputs)
    pipeline.keep(run, name, record)
    return record


def is_skipped(step: Step, records: Mapping[str, Any]) -> bool:
    """Tell whether a step has nothing to do, by the records of the steps before it."""
    if step.unless_rejected and is_rejected(records[step.unless_rejected]):
        return True
    return step.when is not When.NONE_BROKE and any(records[source] is None for source in step.inputs.values())


def is_rejected(report: Any) -> bool:
    """Tell whether a check's report, or the same as JSON, says that the data can't be used."""
    outcome = report["outcome"] if isinstance(report, Mapping) else report.outcome
    return bool(outcome == Outcome.FAIL)


@contextmanager
def keeping_problems(pipeline: Pipeline, run: Run, name: str) -> Iterator[None]:
    """Write down what a stage says is wrong, for the entry of the run's end."""
    try:
        yield
    except RatchetError as error:
        pipeline.keep_problem(run, name, str(error))
        raise


def load_stage(name: str) -> Callable[..., object]:
    """Import a stage and return its function."""
    stage: Callable[..., object] = getattr(import_module(f"ratchet.stages.{name}"), name)
    return stage


def name_record(stage: str, candidate: str | None = None) -> str:
    """Return what the files of a step are called, of a step for one candidate."""
    return f"{stage}-{candidate}" if candidate else stage
