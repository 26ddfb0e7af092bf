"""Metrics and guard metrics, as the YAML names them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from ratchet.metrics.registry import DEFAULT_GUARD, find_metric, read_metrics
from ratchet.sections import Section, find_repeats


class _NamesInSchema:
    """Lists the metrics in the JSON Schema when it is asked for: those of other packages are looked up by then."""

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": [*read_metrics()]}


def _check_metric(name: str) -> str:
    if name not in read_metrics():
        known = [f"'{each}'" for each in read_metrics()]
        expected = f"{', '.join(known[:-1])} or {known[-1]}"
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
    return name


MetricName = Annotated[str, AfterValidator(_check_metric), _NamesInSchema()]


class Guard(Section):
    """A metric beside the primary one that must not get worse."""

    metric: MetricName = Field(description="Which one.")
    # 5 % of a log-loss of 0.35 is 0.0175: some thousand rows of models that are 0.9 alike resolve 0.008
    tolerance: float = Field(
        default=0.05, ge=0, le=1, description="As a share of the champion's figure: less is not called worse."
    )


def find_guard_mistake(task: str, metric: str, guards: Sequence[Guard]) -> str | None:
    """Return what is wrong with the guards of a task with this primary metric, one sentence; None when nothing is."""
    names = [guard.metric for guard in guards]
    if wrong := [name for name in names if task not in find_metric(name).tasks]:
        return f"guard metrics that are not for a {task} task: {', '.join(wrong)}"
    if metric in names:
        return f"'{metric}' is the primary metric; a guard is another one"
    return find_repeats("guard metrics", names)


def default_guards(task: str, metric: str) -> tuple[Guard, ...]:
    """Return the guard that goes with a task's primary metric."""
    guard, of_guard = DEFAULT_GUARD[task]
    return (Guard(metric=of_guard if metric == guard or find_metric(metric).is_proper else guard),)
