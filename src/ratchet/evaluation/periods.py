"""The holdout cut into periods of about as many rows each, and the primary metric in each of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from ratchet.evaluation.comparison import Comparison, Scored, read_for
from ratchet.evaluation.gains import Rows
from ratchet.metrics.registry import find_metric
from ratchet.records.columns import TIME
from ratchet.records.holdout import Period, Periods, Quartiles

QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The rows of one period.

    Attributes:
        name: such as "period 1 of 4".
        rows: their positions, in the order of time.
        time_from: earliest event time; None without a clock.
        time_to: latest event time.
    """

    name: str
    rows: Rows
    time_from: datetime | None
    time_to: datetime | None


def cut_periods(frame: pd.DataFrame, count: int) -> tuple[Chunk, ...]:
    """Cut rows into at most so many periods: by time, where rows of one time stay together, or by their order."""
    rows = len(frame)
    times = pd.to_datetime(frame[TIME], utc=True) if TIME in frame.columns else None
    order = np.arange(rows)
    cuts = np.linspace(0, rows, count + 1).round().astype(np.intp)
    if times is not None:
        order = np.argsort(times.rank(method="first", na_option="bottom").to_numpy())
        ranked = times.rank(method="min", na_option="bottom").to_numpy()[order]
        cuts = np.where(cuts < rows, np.searchsorted(ranked, np.append(ranked, rows + 1)[cuts]), rows)
    parts = [order[start:end] for start, end in pairwise(cuts) if start < end]
    return tuple(_name(part, times, place, len(parts)) for place, part in enumerate(parts, start=1))


def measure_periods(comparison: Comparison, chunks: tuple[Chunk, ...]) -> Periods | None:
    """Measure the primary metric in each period; None when the YAML asks for no periods."""
    config = comparison.config
    wanted = config.evaluation.periods
    if wanted < 2:
        return None
    if len(chunks) < 2:
        return Periods(
            metric=config.metric,
            problem=f"{len(comparison.labels):,} rows of so few times can't be cut into {wanted} periods",
        )
    periods = tuple(_measure(comparison, chunk) for chunk in chunks)
    return Periods(
        metric=config.metric,
        periods=periods,
        challenger=_describe([each.challenger for each in periods]),
        champion=_describe([each.champion for each in periods]),
    )


def _name(rows: Rows, times: "pd.Series[pd.Timestamp] | None", place: int, count: int) -> Chunk:
    name = f"period {place} of {count}"
    known = pd.Series(dtype="datetime64[ns, UTC]") if times is None else times.iloc[rows].dropna()
    if not len(known):
        return Chunk(name=name, rows=rows, time_from=None, time_to=None)
    return Chunk(name=name, rows=rows, time_from=_as_moment(known.min()), time_to=_as_moment(known.max()))


def _as_moment(time: pd.Timestamp) -> datetime:
    return time.floor("us").to_pydatetime().astimezone(UTC)


def _measure(comparison: Comparison, chunk: Chunk) -> Period:
    return Period(
        name=chunk.name,
        rows=len(chunk.rows),
        time_from=chunk.time_from,
        time_to=chunk.time_to,
        challenger=_figure(comparison, comparison.challenger, chunk.rows),
        champion=_figure(comparison, comparison.champion, chunk.rows),
    )


def _figure(comparison: Comparison, scored: Scored | None, rows: Rows) -> float | None:
    if scored is None:
        return None
    config = comparison.config
    predictions = read_for(config.metric, scored)[rows]
    return find_metric(config.metric).measure(comparison.labels[rows], predictions, config.evaluation.options)


def _describe(figures: list[float | None]) -> Quartiles | None:
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures):
        return None
    lower, median, upper = (float(each) for each in np.quantile(known, QUARTERS))
    return Quartiles(lower=lower, median=median, upper=upper, spread=max(known) - min(known))
