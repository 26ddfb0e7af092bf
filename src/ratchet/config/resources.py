"""`resources:` and `gates.serving_cost` in the YAML: how its serving cost is measured, and what it may be."""

from pydantic import Field

from ratchet.config.gate import GateSection
from ratchet.sections import Section


class Resources(Section):
    """How the serving cost of challenger and champion is measured."""

    seconds: float = Field(
        default=0.9, ge=0.1, le=600, description="Time for the calls on single rows; more time, more calls."
    )
    price_per_core_hour: float | None = Field(
        default=None, ge=0, description="What a core costs an hour, in any currency; gives the cost of predictions."
    )


class ServingCostGate(GateSection):
    """The challenger may not take too much time, memory or room."""

    # One second is what keeps a person's train of thought (Nielsen, Usability Engineering, 1993): a single
    # prediction that takes longer is of no use to anybody who waits for it. The median, since two calls can tell it.
    p50_ms: float | None = Field(default=1000.0, gt=0, description="Limit of the median single prediction.")
    p95_ms: float | None = Field(
        default=None, gt=0, description="Limit of the slowest 5 %; needs 20 calls within `resources.seconds`."
    )
    p99_ms: float | None = Field(
        default=None, gt=0, description="Limit of the slowest 1 %; needs 100 calls, so `resources.seconds`."
    )
    rows_per_second: float | None = Field(default=None, gt=0, description="At least so many rows in batches.")
    load_seconds: float | None = Field(default=None, gt=0, description="Limit of the time to load the model.")
    size_mb: float | None = Field(default=None, gt=0, description="Limit of the model's file.")
    resident_mb: float | None = Field(default=None, gt=0, description="Limit of the loaded model's memory.")
    peak_mb: float | None = Field(
        default=None, gt=0, description="Limit of the whole process's memory while it scores a batch."
    )
    cost_per_1000: float | None = Field(
        default=None, gt=0, description="Limit of the price of 1,000 single predictions; needs a price."
    )
    # Against the champion both must be exceeded. Timing on a shared machine easily doubles for a while, and two
    # estimators of the catalogue differ by less than ten milliseconds a row (measured on 45 features).
    latency_ratio: float | None = Field(
        default=2.0, ge=1, description="p50 and p95 against the champion's; null switches it off."
    )
    latency_slack_ms: float = Field(default=10.0, ge=0, description="So much slower is never too slow.")
    # A forest holds tens of times as much as a linear model, and both are small change below some hundred megabytes.
    memory_ratio: float | None = Field(
        default=3.0, ge=1, description="Peak memory of the model against the champion's; null switches it off."
    )
    memory_slack_mb: float = Field(default=500.0, ge=0, description="So much more is never too much.")
