"""`scoring:` and `monitoring:` in the YAML: what is predicted in production and how it is watched, how often."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from ratchet.config.alerts import AlertPlan, QueuePlan
from ratchet.config.data import Data, FileSource, Source
from ratchet.config.throttle import check_cron
from ratchet.records.drift import DriftLimits
from ratchet.sections import ColumnName, Duration, Section
from ratchet.timeline import Span, to_length

Rows = Annotated[int, Field(ge=100)]
WrittenSpan = Duration | Rows
WEEK, MONTH, QUARTER = timedelta(days=7), timedelta(days=30), timedelta(days=90)
WEEK_ROWS, MONTH_ROWS, QUARTER_ROWS = 1_000, 4_000, 12_000
Cron = Annotated[str | None, AfterValidator(check_cron)]


class DriftPlan(Section):
    """Levels of drift; an alarm needs effect and significance."""

    look: float = Field(
        default=0.1, gt=0, description="Stability index above the seasonal baseline from which somebody looks."
    )
    act: float = Field(default=0.25, gt=0, description="From which somebody acts (Siddiqi 2006).")
    significance: float = Field(default=0.01, gt=0, lt=0.5, description="Highest p-value, over all columns together.")
    seasonal_baseline: bool = Field(
        default=True,
        description="Subtract from a column's index what windows of the reference, as long as this one, reach against "
        "the rest of it: weeks differ from one another without any drift.",
    )
    ignore: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Features that are not watched, such as one that counts the days."
    )
    separation: bool = Field(default=True, description="Also try to tell all columns together apart.")
    sample: int = Field(
        default=5_000, ge=100, le=100_000, description="Rows of each side for that, and in Evidently's report."
    )
    evidently: bool = Field(default=True, description="Also make Evidently's report.")
    rising: int = Field(default=4, ge=3, description="Windows in a row that make a trend.")

    @property
    def limits(self) -> DriftLimits:
        """When a drift has a level."""
        return DriftLimits(look=self.look, act=self.act, significance=self.significance)


def find_drift_mistake(plan: DriftPlan) -> str | None:
    """Return what is wrong with the levels; None when nothing is."""
    return None if plan.look <= plan.act else "`monitoring.drift.act` should be at least `look`"


class LabelPlan(Section):
    """Labels that come after the prediction."""

    source: Source | None = Field(
        default=None,
        description="Where labels arrive: rows with the entity and the time column, or with `prediction_id`, and the "
        "target. Without it, `data.source`.",
    )
    known_at: ColumnName | None = Field(
        default=None,
        description="Column that says when a label was known; a later one revises it. Without it, the row's time plus "
        "`data.label_delay`.",
    )
    maturity: float = Field(
        default=0.95, gt=0, le=1, description="Rows count once this share of labels as old is there."
    )
    mature_after: Duration | Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Rows count from this age on: a duration, or a number of rows without a clock. Null to learn it "
        "from the labels that came: without a clock, labels have then stopped coming once the newest window has none.",
    )
    min_rows: int = Field(default=50, ge=10, description="Labels below which a figure is not told.")
    min_rare: int = Field(default=10, ge=2, description="Of the rarest class, for figures that need every class.")
    max_segments: int = Field(default=10, ge=1, description="Values of one column that are watched, most rows first.")


class MonitoringPlan(Section):
    """Watching the champion."""

    cron: Cron = Field(
        default="@daily", description="A cron line or preset in UTC, beside every scoring; null for scoring only."
    )
    window: WrittenSpan | None = Field(
        default=None, description="What is compared with the reference: 7d, or 1,000 rows where there is no clock."
    )
    long_window: WrittenSpan | None = Field(
        default=None, description="The longer look: 30d, or 4,000 rows; at least the window."
    )
    history: WrittenSpan | None = Field(
        default=None,
        description="How far back baselines and label delays are learnt: 90d, or 12,000 rows; not below the others.",
    )
    segments: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Columns whose values are watched one by one."
    )
    labels: LabelPlan = LabelPlan()
    drift: DriftPlan = DriftPlan()
    alerts: AlertPlan = AlertPlan()
    queue: QueuePlan = QueuePlan()

    def spans(self, *, has_clock: bool) -> tuple[Span, Span, Span]:
        """Return window, long window and history, with the defaults of data that has a clock or not."""
        window, long_window, history = (WEEK, MONTH, QUARTER) if has_clock else (WEEK_ROWS, MONTH_ROWS, QUARTER_ROWS)
        window = self.window or window
        long_window = self.long_window or max(window, long_window)
        return window, long_window, self.history or max(long_window, history)


def find_monitoring_mistake(plan: MonitoringPlan, *, has_clock: bool) -> str | None:
    """Return what is wrong with the plan for such data; None when nothing is."""
    names = ("window", "long_window", "history")
    mistakes = (_find_span_mistake(name, getattr(plan, name), has_clock=has_clock) for name in names)
    if mistake := next(filter(None, mistakes), None):
        return mistake
    window, long_window, history = plan.spans(has_clock=has_clock)
    if not to_length(window) <= to_length(long_window) <= to_length(history):
        return "`monitoring.window`, `long_window` and `history` should each be at least as long as the one before"
    if plan.labels.known_at and not has_clock:
        return "`monitoring.labels.known_at` needs a clock: give `data.time` a column, or `start` and `every`"
    return None


def _find_span_mistake(name: str, given: Span | None, *, has_clock: bool) -> str | None:
    wanted, example = (timedelta, "7d") if has_clock else (int, "1000")
    kind = "a duration" if has_clock else "a number of rows, as the data has no clock"
    if given is not None and not isinstance(given, wanted):
        return f"`monitoring.{name}` should be {kind}, such as {example}"
    if given == timedelta():
        return f"`monitoring.{name}` leaves nothing to look at: give it a duration such as {example}"
    return None


class ScoringPlan(Section):
    """Batch scoring of rows whose label nobody knows yet."""

    source: Source | None = Field(
        default=None,
        description="Rows to score, no target needed; without it, the rows of `data.source` that are newer than "
        "those the champion was made from.",
    )
    cron: Cron = Field(
        default=None, description="A cron line or preset in UTC; null for by hand, or by whoever delivers the rows."
    )


def read_from(plan: ScoringPlan, data: Data, path: str) -> ScoringPlan:
    """Return the plan with another file or folder as its source, read as its own would be."""
    own = plan.source or data.source
    source = own if isinstance(own, FileSource) else FileSource(path=path)
    return plan.model_copy(update={"source": source.model_copy(update={"path": path})})
