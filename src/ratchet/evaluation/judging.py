"""Judge a challenger on the holdout: every figure there is to know about it. Numbers only."""

from ratchet.config.performance import MetricsOf
from ratchet.evaluation.comparison import Comparison, read_for
from ratchet.evaluation.gains import Pair, count_rarest, measure_gain
from ratchet.evaluation.metrics import measure
from ratchet.evaluation.slices import measure_slice
from ratchet.records.judgement import Evaluation, Gain, Measurement, Opponent


def judge(comparison: Comparison, *, challenger: str, champion: Opponent | None = None) -> Evaluation:
    """Measure a challenger on the holdout.

    Args:
        comparison: what challenger, champion and baseline say about the holdout.
        challenger: its name.
        champion: the champion it faces, None when there is none.
    """
    config = comparison.config
    against_champion = comparison.against_champion(config.metric)
    gain, by_slice = _compare_everywhere(comparison, against_champion) if against_champion else (None, ())
    return Evaluation(
        challenger=challenger,
        champion=champion,
        metrics=_measure_all(comparison),
        baseline_gain=_compare(comparison, comparison.against_baseline(config.metric)),
        champion_gain=gain,
        slice_gains=by_slice,
        rows=len(comparison.labels),
        positives=count_rarest(comparison.labels, comparison.classes, absent_count=True),
        seed=config.schedule.seed,
    )


def _compare(comparison: Comparison, pair: Pair) -> Gain:
    return measure_gain(pair, comparison.plan(pair), confidence=comparison.config.evaluation.confidence)


def _compare_everywhere(comparison: Comparison, pair: Pair) -> tuple[Gain, tuple[Gain, ...]]:
    plan, asked = comparison.plan(pair), comparison.config.evaluation
    sure = asked.confidence
    by_slice = tuple(measure_slice(pair, plan, comparison.frame, part, confidence=sure) for part in asked.slices)
    return measure_gain(pair, plan, confidence=sure), by_slice


def _measure_all(comparison: Comparison) -> tuple[Measurement, ...]:
    labels, champion = comparison.labels, comparison.champion
    return tuple(
        Measurement(
            metric=metric,
            challenger=measure(metric, labels, read_for(metric, comparison.challenger)),
            champion=None if champion is None else measure(metric, labels, read_for(metric, champion)),
            baseline=measure(metric, labels, read_for(metric, comparison.baseline)),
        )
        for metric in MetricsOf[comparison.config.task]
    )
