"""What it takes to run a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """A quantile of the time that one row takes, in milliseconds.

    Attributes:
        share: which one, e.g. 0.95: so many of the calls are at most this slow.
        value: the quantile; None when so few calls can't support it.
        lower: one-sided lower bound of the quantile by order statistics; None when the calls can't give one.
        upper: one-sided upper bound of it.
        problem: why there is no value; None when there is one.
    """

    share: float
    value: float | None
    lower: float | None
    upper: float | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCost:
    """What one model takes, measured on one core.

    Attributes:
        model: "challenger" or "champion".
        size_bytes: its file.
        calls: on single rows, each timed.
        latency: quantiles of their times.
        batch_rows: rows of the batches that throughput was measured on.
        rows_per_second: of the median batch; None when no batch could be timed.
        load_seconds: reading and verifying its file; None when it can't be loaded.
        resident_bytes: memory that the loaded model holds; None where the system does not tell.
        peak_bytes: the most it held while a batch was scored, the model included, the process itself not.
        cost_single: price of 1,000 predictions made one by one; None without a price.
        cost_batch: price of 1,000 predictions made in batches; None without a price.
        problem: why it could not be measured; None when it was.
    """

    model: str
    size_bytes: int
    calls: int = 0
    latency: tuple[Quantile, ...] = ()
    batch_rows: int = 0
    rows_per_second: float | None = None
    load_seconds: float | None = None
    resident_bytes: int | None = None
    peak_bytes: int | None = None
    cost_single: float | None = None
    cost_batch: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCosts:
    """Time, memory and size of challenger and champion, measured in a fresh process.

    Attributes:
        challenger: what the challenger takes; None when it was not measured.
        champion: what the champion takes; None when there is none.
        process_bytes: memory of the process with its libraries, before a model was loaded.
        confidence: of each one-sided bound of a latency.
        broken: constraints of the policy that the challenger does not meet, one sentence each.
        problem: why nothing could be measured; None when it was.
    """

    challenger: ServingCost | None = None
    champion: ServingCost | None = None
    process_bytes: int | None = None
    confidence: float = 0.95
    broken: tuple[str, ...] = ()
    problem: str | None = None
