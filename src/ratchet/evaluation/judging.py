"""Judge a challenger on the holdout: every figure there is to know about it. Numbers only."""

from dataclasses import dataclass, replace
from itertools import chain

from ratchet.evaluation.calibrating import measure_calibration
from ratchet.evaluation.comparison import Comparison, Scored, read_for
from ratchet.evaluation.gains import Pair, Where, measure_gain, measure_gains
from ratchet.evaluation.group_fairness import measure_fairness
from ratchet.evaluation.periods import Chunk, cut_periods, measure_periods
from ratchet.evaluation.slices.measuring import measure_slice, measure_weakest
from ratchet.evaluation.slices.search import Search
from ratchet.metrics.registry import find_metric, metrics_of
from ratchet.records.judgement import ChampionRef, Evaluation, Gain, Measurement


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
    pair = comparison.against_champion(comparison.config.metric)
    return _judge_overall(comparison, None if pair is None else _compare(comparison, pair), challenger, champion)


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
