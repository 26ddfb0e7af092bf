"""Judge a challenger on the holdout: every metric, and the gains over baseline and champion. Numbers only."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratchet.config.judging import MetricsOf
from ratchet.config.model import ModelConfig
from ratchet.evaluation.drawing import plan_draws
from ratchet.evaluation.gains import Pair, count_rarest, influence_difference, measure_gain
from ratchet.evaluation.metrics import Floats, is_defined, measure
from ratchet.evaluation.resampling import Resampling
from ratchet.evaluation.slices import measure_slice
from ratchet.records.judgement import Evaluation, Gain, Measurement, Opponent


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """The rows that a challenger is judged on, read once.

    Attributes:
        frame: the rows in their order, with the columns of slices and groups.
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        baseline: what the trivial baseline predicts for each row.
    """

    frame: pd.DataFrame
    labels: Floats
    classes: int
    baseline: Floats


def judge(
    config: ModelConfig,
    holdout: Holdout,
    *,
    challenger: str,
    predictions: Floats,
    champion: Opponent | None = None,
    champion_predictions: Floats | None = None,
) -> Evaluation:
    """Measure everything there is to know about a challenger.

    Args:
        config: the model's YAML.
        holdout: what it is judged on.
        challenger: its name.
        predictions: what it predicts, see `ratchet.evaluation.metrics`.
        champion: the champion it faces, None when there is none.
        champion_predictions: what that one predicts; None when there is none or it can't score these rows.
    """
    against_baseline = _pair(config, holdout, predictions, against=holdout.baseline, opponent="baseline")
    gain: Gain | None = None
    by_slice: tuple[Gain, ...] = ()
    if champion_predictions is not None:
        against_champion = _pair(config, holdout, predictions, against=champion_predictions, opponent="champion")
        gain, by_slice = _compare_everywhere(config, holdout, against_champion)
    return Evaluation(
        challenger=challenger,
        champion=champion,
        metrics=_measure_all(config, holdout, predictions, champion_predictions),
        baseline_gain=_compare(config, holdout, against_baseline),
        champion_gain=gain,
        slice_gains=by_slice,
        rows=len(holdout.labels),
        positives=count_rarest(holdout.labels, holdout.classes, absent_count=True),
        seed=config.schedule.seed,
    )


def _pair(config: ModelConfig, holdout: Holdout, predictions: Floats, *, against: Floats, opponent: str) -> Pair:
    return Pair(
        metric=config.metric,
        opponent=opponent,
        labels=holdout.labels,
        classes=holdout.classes,
        challenger=predictions,
        against=against,
    )


def _compare(config: ModelConfig, holdout: Holdout, pair: Pair) -> Gain:
    return measure_gain(pair, _plan(config, holdout, pair), confidence=config.evaluation.confidence)


def _compare_everywhere(config: ModelConfig, holdout: Holdout, pair: Pair) -> tuple[Gain, tuple[Gain, ...]]:
    plan = _plan(config, holdout, pair)
    sure = config.evaluation.confidence
    slices = config.evaluation.slices
    by_slice = tuple(measure_slice(pair, plan, holdout.frame, part, confidence=sure) for part in slices)
    return measure_gain(pair, plan, confidence=sure), by_slice


def _plan(config: ModelConfig, holdout: Holdout, pair: Pair) -> Resampling:
    """Plan the draws; where nothing can be measured any plan will do, as the gain says why."""
    is_finite = np.isfinite(pair.challenger).all() and np.isfinite(pair.against).all()
    can_measure = is_finite and is_defined(pair.metric, pair.labels)
    influence = influence_difference(pair) if can_measure else np.zeros(len(pair.labels))
    return plan_draws(config, holdout.frame, influence)


def _measure_all(
    config: ModelConfig, holdout: Holdout, predictions: Floats, champion: Floats | None
) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            metric=metric,
            challenger=measure(metric, holdout.labels, predictions),
            champion=None if champion is None else measure(metric, holdout.labels, champion),
            baseline=measure(metric, holdout.labels, holdout.baseline),
        )
        for metric in MetricsOf[config.task]
    )
