"""`evaluation:` and `resources:` in the YAML: what is measured on the holdout, by which parts, and how surely."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from ratchet.config.data import Moment
from ratchet.config.expressions import columns_of, parse_expression
from ratchet.errors import did_you_mean
from ratchet.metrics.metric import MetricOptions
from ratchet.metrics.registry import DEFAULT_GUARD, find_metric, read_metrics
from ratchet.sections import ColumnName, Duration, Name, Section, find_repeats

KINDS = "`values`, `at_least` and/or `below`, `bins`, `newest`, `since` and/or `until`, or `where`"
Edges = Annotated[tuple[float, ...], Field(strict=False)]


class Slice(Section):
    """A named part of the holdout: by value, range, quantile, time, or expression. A missing value is in no slice."""

    name: Name = Field(description="What reports call it.")
    column: ColumnName | None = Field(default=None, description="For `values`, `at_least`, `below` and `bins`.")
    values: tuple[str, ...] = Field(default=(), strict=False, description="Of a categorical or boolean column.")
    at_least: float | None = Field(default=None, description="Lower end of a range, included.")
    below: float | None = Field(default=None, description="Upper end of a range, excluded.")
    bins: int | None = Field(
        default=None, ge=2, le=20, description="Cut a numeric column at its quantiles; each part is a slice of its own."
    )
    newest: Duration | None = Field(default=None, description="Rows this close to the newest one, such as 30d.")
    since: Moment | None = Field(default=None, description="Rows from this time on, included.")
    until: Moment | None = Field(default=None, description="Rows up to this time, excluded.")
    where: str | None = Field(
        default=None,
        description="An expression such as: age < 30 and plan == 'basic'. Knows comparisons, in, and, or, not, "
        "'is missing', and column('odd-name').",
    )

    @property
    def is_timed(self) -> bool:
        """Whether it is cut by time."""
        return self.newest is not None or self.since is not None or self.until is not None

    @property
    def is_range(self) -> bool:
        """Whether it is a range of numbers."""
        return self.at_least is not None or self.below is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it looks at."""
        if self.where is not None:
            return columns_of(parse_expression(self.where))
        return () if self.column is None else (self.column,)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        is_span = self.since is not None or self.until is not None
        by_column = [bool(self.values), self.is_range, self.bins is not None]
        kinds = [*by_column, self.newest is not None, is_span, self.where is not None]
        if sum(kinds) != 1:
            raise ValueError(f"a slice has exactly one of {KINDS}")
        if any(by_column) != (self.column is not None):
            raise ValueError("`column` goes with `values`, `at_least`, `below` and `bins`, and only with them")
        return self

    @model_validator(mode="after")
    def _can_be_parsed(self) -> Self:
        if self.where is not None:
            parse_expression(self.where)
        return self


class SliceSearch(Section):
    """How the weakest slices are looked for: on validation, then measured on the holdout."""

    enabled: bool = Field(default=True, description="false: look for none.")
    depth: int = Field(default=2, ge=1, le=2, description="How many columns a slice may be made of.")
    keep: int = Field(default=3, ge=1, le=20, description="How many of the worst are measured on the holdout.")
    # SliceLine (Sagadeeva and Boehm 2021) takes at least 1 % of the rows, and no fewer than 32, for the same reason
    min_rows: int = Field(default=200, ge=2, description="Rows of validation below which a slice is not looked at.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarer class; binary only.")
    columns: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Only these; without them every feature and sensitive column."
    )


def find_slice_mistake(slices: tuple[Slice, ...], known: tuple[str, ...], *, has_clock: bool) -> str | None:
    """Return what is wrong with the slices in view of the rest of the file, one sentence; None when nothing is."""
    if repeats := find_repeats("slice names", [part.name for part in slices]):
        return repeats
    mistakes = (_find_in_slice(part, known, has_clock=has_clock) for part in slices)
    return next((mistake for mistake in mistakes if mistake), None)


def _find_in_slice(part: Slice, known: tuple[str, ...], *, has_clock: bool) -> str | None:
    if part.is_timed and not has_clock:
        return f"slice '{part.name}' is cut by time, which needs a clock: give `time` a column, or `start`, `every`"
    unknown = next((column for column in part.columns if column not in known), None)
    if unknown is None:
        return None
    return (
        f"slice '{part.name}': '{unknown}' is neither a feature nor sensitive nor a key{did_you_mean(unknown, known)}"
    )


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


class FairnessPlan(Section):
    """How rows are grouped by the sensitive columns of `data.sensitive`, and what they are compared within."""

    bins: dict[ColumnName, Edges] = Field(
        default={}, description="Inner edges for numeric columns, sensitive or given, such as age: [25, 40, 60]."
    )
    quantiles: int = Field(default=4, ge=2, le=20, description="Numeric columns without edges are cut in so many.")
    intersections: bool = Field(default=True, description="Look at each pair of sensitive columns as well.")
    given: tuple[ColumnName, ...] = Field(
        default=(),
        strict=False,
        description="Legitimate factors, such as the department applied to: a group is compared with everybody else of "
        "the same level of them, not with everybody else.",
    )

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
    # a call list is typically a tenth of the customers
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


class Resources(Section):
    """How the serving cost of challenger and champion is measured."""

    seconds: float = Field(
        default=0.9, ge=0.1, le=600, description="Time for the calls on single rows; more time, more calls."
    )
    price_per_core_hour: float | None = Field(
        default=None, ge=0, description="What a core costs an hour, in any currency; gives the cost of predictions."
    )
