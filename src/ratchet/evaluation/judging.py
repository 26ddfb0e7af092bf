"""Judge a challenger on the holdout: every figure there is to know about it, of all rows and by period."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, pairwise

import numpy as np
import pandas as pd

from ratchet.evaluation.calibrating import measure_calibration
from ratchet.evaluation.comparison import Comparison, Scored, read_for
from ratchet.evaluation.gains import Pair, Rows, Where, measure_gain, measure_gains
from ratchet.evaluation.group_fairness import measure_fairness
from ratchet.evaluation.slices.measuring import measure_slice, measure_weakest
from ratchet.evaluation.slices.search import Search
from ratchet.metrics.registry import find_metric, metrics_of
from ratchet.records.columns import TIME
from ratchet.records.holdout import Period, Periods, Quartiles
from ratchet.records.judgement import ChampionRef, Evaluation, Gain, Measurement

QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The gains over the champion in the primary metric; empty when there is none, or it can't score."""

    overall: Gain | None = None
    by_slice: tuple[Gain, ...] = ()
    by_period: tuple[Gain, ...] = ()


def judge(
    comparison: Comparison, *, challenger: str, champion: ChampionRef | None = None, search: Search | None = None
) -> Evaluation:
    """Measure a challenger on the holdout.

    Args:
        comparison: what challenger, champion and baseline say about the holdout.
        challenger: its name.
        champion: the champion it faces, None when there is none.
        search: the slices that looked weakest on validation; None where they were not looked for.
    """
    chunks = cut_periods(comparison.frame, comparison.config.evaluation.periods)
    against = _compare_everywhere(comparison, chunks)
    weak, finding = ((), None) if search is None else measure_weakest(comparison, search)
    return replace(
        _judge_overall(comparison, against.overall, challenger, champion),
        metrics=_measure_all(comparison),
        slice_gains=against.by_slice,
        weak_slices=weak,
        slice_search=finding,
        periods=measure_periods(comparison, chunks),
        period_gains=against.by_period,
        calibration=measure_calibration(comparison),
        fairness=measure_fairness(comparison),
    )


def judge_overall(comparison: Comparison, *, challenger: str, champion: ChampionRef | None = None) -> Evaluation:
    """Measure what the gates on the whole holdout look at, and nothing else: no slice, no period, no group."""
    return _judge_overall(comparison, measure_champion_gain(comparison), challenger, champion)


def measure_champion_gain(comparison: Comparison) -> Gain | None:
    """Measure the gain over the champion on all rows; None when there is none, or it can't score."""
    pair = comparison.against_champion(comparison.config.metric)
    return None if pair is None else _compare(comparison, pair)


def _judge_overall(
    comparison: Comparison, champion_gain: Gain | None, challenger: str, champion: ChampionRef | None
) -> Evaluation:
    config = comparison.config
    return Evaluation(
        challenger=challenger,
        champion=champion,
        metrics=(),
        baseline_gain=_compare(comparison, comparison.against_baseline(config.metric)),
        champion_gain=champion_gain,
        slice_gains=(),
        guard_gains=measure_guards(comparison),
        rows=len(comparison.labels),
        positives=comparison.names.find_rarest(comparison.labels, comparison.classes, absent_count=True).rows,
        seed=config.schedule.seed,
    )


def measure_guards(comparison: Comparison) -> tuple[Gain, ...]:
    """Measure the gain over the champion by each guard metric; none without a champion that can score."""
    pairs = [comparison.against_champion(guard.metric) for guard in comparison.config.guards]
    return tuple(_compare(comparison, pair) for pair in pairs if pair is not None)


def _compare(comparison: Comparison, pair: Pair) -> Gain:
    return measure_gain(pair, comparison.plan(pair), confidence=comparison.config.evaluation.confidence)


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


def _compare_everywhere(comparison: Comparison, chunks: tuple[Chunk, ...]) -> Against:
    """Compare with the champion on all rows, in each period and on each slice."""
    config = comparison.config
    pair, asked = comparison.against_champion(config.metric), config.evaluation
    if pair is None:
        return Against()
    plan, sure = comparison.plan(pair), asked.confidence
    periods = [Where(name=each.name, rows=each.rows) for each in chunks] if len(chunks) > 1 else []
    overall, *by_period = measure_gains(pair, plan, [Where(), *periods], confidence=sure)
    slices = (measure_slice(pair, plan, comparison.frame, part, confidence=sure) for part in asked.slices)
    return Against(overall=overall, by_slice=tuple(chain.from_iterable(slices)), by_period=tuple(by_period))


def _measure_all(comparison: Comparison) -> tuple[Measurement, ...]:
    return tuple(_measure(comparison, metric) for metric in metrics_of(comparison.config.task))


def _measure(comparison: Comparison, metric: str) -> Measurement:
    options = comparison.config.evaluation.options

    def figure(scored: Scored | None) -> float | None:
        return (
            None
            if scored is None
            else find_metric(metric).measure(comparison.labels, read_for(metric, scored), options)
        )

    return Measurement(
        metric=metric,
        challenger=figure(comparison.challenger),
        champion=figure(comparison.champion),
        baseline=figure(comparison.baseline_for(metric)),
    )


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
    periods = tuple(_measure_period(comparison, chunk) for chunk in chunks)
    return Periods(
        metric=config.metric,
        periods=periods,
        challenger=_describe_periods([each.challenger for each in periods]),
        champion=_describe_periods([each.champion for each in periods]),
    )


def _name(rows: Rows, times: "pd.Series[pd.Timestamp] | None", place: int, count: int) -> Chunk:
    name = f"period {place} of {count}"
    known = pd.Series(dtype="datetime64[ns, UTC]") if times is None else times.iloc[rows].dropna()
    if not len(known):
        return Chunk(name=name, rows=rows, time_from=None, time_to=None)
    return Chunk(name=name, rows=rows, time_from=_as_moment(known.min()), time_to=_as_moment(known.max()))


def _as_moment(time: pd.Timestamp) -> datetime:
    return time.floor("us").to_pydatetime().astimezone(UTC)


def _measure_period(comparison: Comparison, chunk: Chunk) -> Period:
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


def _describe_periods(figures: list[float | None]) -> Quartiles | None:
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures):
        return None
    lower, median, upper = (float(each) for each in np.quantile(known, QUARTERS))
    return Quartiles(lower=lower, median=median, upper=upper, spread=max(known) - min(known))
