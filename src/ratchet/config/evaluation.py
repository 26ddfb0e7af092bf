"""`evaluation:` in the YAML: what is measured on the holdout, by which parts of it, and how sure a bound must be."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from ratchet.config.slices import Slice, SliceSearch
from ratchet.metrics.metric import MetricOptions
from ratchet.metrics.registry import DEFAULT_GUARD, find_metric, read_metrics
from ratchet.sections import ColumnName, Section, find_repeats


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


Edges = Annotated[tuple[float, ...], Field(strict=False)]


class FairnessPlan(Section):
    """How rows are grouped by the sensitive columns of `data.sensitive`."""

    bins: dict[ColumnName, Edges] = Field(
        default={}, description="Inner edges for numeric columns, such as age: [25, 40, 60]."
    )
    quantiles: int = Field(default=4, ge=2, le=20, description="Numeric columns without edges are cut in so many.")
    intersections: bool = Field(default=True, description="Look at each pair of sensitive columns as well.")

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        for name, edges in self.bins.items():
            if not edges or list(edges) != sorted(set(edges)):
                raise ValueError(f"the edges of '{name}' must rise, each number once")
        return self


class EvaluationPlan(Section):
    """What is measured on the holdout, and how sure a bound must be."""

    metric: MetricName | None = Field(
        default=None, description="The primary metric; without it roc_auc, log_loss or rmse, by task."
    )
    guards: tuple[Guard, ...] | None = Field(
        default=None,
        strict=False,
        description="Metrics that must not get worse; null for the task's own (log_loss beside roc_auc), [] for none.",
    )
    # the usual call list is a tenth of the customers
    top: float = Field(default=0.1, gt=0, le=1, description="precision_at_k: the share of rows with the best scores.")
    quantile: float = Field(default=0.5, gt=0, lt=1, description="pinball: the quantile that is predicted.")
    # quarters of the holdout: the fewest parts that tell a bad start from a bad end and leave each some hundred rows
    periods: int = Field(default=4, ge=1, le=52, description="Into how many periods the holdout is cut; 1 for none.")
    slices: tuple[Slice, ...] = Field(
        default=(), strict=False, description="Parts of the rows that must not get worse."
    )
    slice_search: SliceSearch = SliceSearch()
    fairness: FairnessPlan = FairnessPlan()
    confidence: float = Field(
        default=0.99,
        ge=0.8,
        lt=1,
        description="Of each one-sided bound. 0.99 for promotions nobody looks at, 0.95 where a person decides.",
    )
    resamples: int = Field(default=2000, ge=200, le=20000, description="Bootstrap draws.")
    resampling: Literal["auto", "rows", "blocks", "groups"] = Field(
        default="auto",
        description="auto: groups where rows repeat a group or entity, blocks where they have an order, else rows.",
    )
    min_positives: int | None = Field(
        default=None,
        ge=1,
        description="Rarest-class rows below which the holdout can't judge; without it 100, or 25 where there are "
        "more than two classes.",
    )
    rare_classes: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Classes too rare to wait for, of a multiclass task: their rows count in every figure, and in no "
        "`min_positives`. With few such rows, how the model does on them stays unknown.",
    )
    min_rows: int = Field(default=200, ge=1, description="Holdout rows below which it can't judge.")

    @property
    def options(self) -> MetricOptions:
        """What some metrics need beside labels and predictions."""
        return MetricOptions(top=self.top, quantile=self.quantile)
