"""Metrics, guard metrics and the gates on performance beside the gain itself, as the YAML names them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from ratchet.config.gate import GateSection, OnFail
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


class GuardGate(GateSection):
    """No guard metric may get worse; each gives a result of its own, named `guard_<metric>`."""


class StabilityGate(GateSection):
    """The challenger must not be worse in any period of the holdout, nor swing too much between them."""

    tolerance: float = Field(
        default=0.05,  # as for slices and guards
        ge=0,
        le=1,
        description="As a share of the champion's figure in that period: less is not called worse.",
    )
    max_spread: float | None = Field(
        default=None,
        gt=0,
        description="Best minus worst period of the challenger's own figure; null for no limit, as that is the data's.",
    )
    # a quarter of what the whole holdout needs (100 positives, 200 rows) at the default of four periods, and then half
    # as many again where they come unevenly: the claim that a period is worse has honest bounds at any size
    min_rows: int = Field(default=50, ge=1, description="Rows of a period below which it can't be judged.")
    min_positives: int = Field(default=10, ge=1, description="Rarest-class rows of a period below which it can't.")


class HoldoutGate(GateSection):
    """The same holdout must not judge again and again."""

    on_fail: OnFail = Field(default="hold", description="What a failure does: hold for a person, or reject.")
    # Each use may promote noise with the 1 % of `evaluation.confidence`: five are 5 %, what one look of a person has.
    # Measured where nothing improves: a year of weekly looks at the same holdout ends 0.012 roc_auc above the truth.
    max_uses: int = Field(default=5, ge=1, description="Runs that may judge on exactly the same holdout rows.")


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
