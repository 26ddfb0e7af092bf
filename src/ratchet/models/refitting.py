"""Fit a judged recipe anew on newer rows, and check the new model against its judged twin."""

import copy
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec
from ratchet.errors import ConfigError, DataError, TrainingError
from ratchet.evaluation.comparison import plan_pair
from ratchet.evaluation.gains import ClassNames, Pair, measure_gain
from ratchet.metrics.registry import DEFAULT_METRIC
from ratchet.models.fitting import FitRows, fit_and_validate
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.recipes import thin_recipe
from ratchet.models.scoring import score_alike, score_rows
from ratchet.records.judgement import Gain

LARGER = 2.0  # times the twin's file: a forest of more rows is larger, and so slower, and not by that much


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinRows:
    """The rows on which a refitted model is compared with its twin.

    Attributes:
        old: those that the twin has learnt as well.
        new: those that the twin was judged on, and that only the new model has learnt.
        classes: the target's; empty for regression.
    """

    old: pd.DataFrame
    new: pd.DataFrame
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How a refitted model compares with its judged twin.

    Attributes:
        disagreement: mean distance of their predictions on old rows, in units of how far the twin's own are from their
            median: from 1 on, a model that says the same of every row would be nearer.
        gain: what the new model gains on new rows, which it has learnt: where it is shown to be worse, it is broken.
    """

    disagreement: float
    gain: Gain


def correct_like(pipeline: Pipeline, twin: Pipeline) -> Pipeline:
    """Return the pipeline with the correction of probabilities that its twin has; itself where that has none.

    The twin learnt that correction on rows that it was not fitted on. The new model has learnt every row, and would
    look better calibrated on them than it is.
    """
    correction = twin[-1]
    if not isinstance(correction, CalibratedClassifierCV):
        return pipeline
    (curve,) = correction.calibrated_classifiers_
    own_curve, own = copy.copy(curve), copy.copy(correction)
    own_curve.estimator = FrozenEstimator(pipeline[-1])
    own.calibrated_classifiers_ = [own_curve]
    return Pipeline([*pipeline.steps[:-1], (pipeline.steps[-1][0], own)])


def compare_with_twin(config: ModelConfig, model: Pipeline, twin: Pipeline, rows: TwinRows) -> Likeness:
    """Measure how a refitted model differs from the one that was judged.

    Raises:
        TrainingError: it predicts values that are not finite numbers.
        RatchetError: it does not fit the rows.
    """
    (old, old_twin), (new, new_twin) = (_score_both(config, model, twin, part) for part in (rows.old, rows.new))
    labels = encode_labels(rows.new[config.data.target.column], config.task, rows.classes)
    pair = Pair(
        metric=DEFAULT_METRIC[config.task],  # one that looks at scores: thresholds are the same for both
        opponent="champion",
        labels=labels,
        classes=len(rows.classes),
        challenger=new,
        against=new_twin,
        options=config.evaluation.options,
        names=ClassNames.of(config, rows.classes),
    )
    gain = measure_gain(pair, plan_pair(config, rows.new, pair), confidence=config.evaluation.confidence)
    unit = _distance(np.broadcast_to(np.median(old_twin, axis=0), old_twin.shape), old_twin)
    return Likeness(
        disagreement=_distance(old, old_twin) / max(unit, np.finfo(np.float64).tiny),
        gain=gain,
    )


def find_refit_problem(config: ModelConfig, found: Likeness, *, growth: float) -> str | None:
    """Return why a refitted model may not stand for its judged twin; None when it may.

    Args:
        config: the model's YAML.
        found: how the two compare.
        growth: its file's size over the twin's, for what it takes to serve; time would depend on the machine's load.
    """
    most = config.refit.max_disagreement
    if found.gain.upper is not None and found.gain.upper < 0:
        return (
            f"{found.gain.metric} is shown to be worse than the judged model's on the newest rows, although it has "
            f"learnt them: {found.gain.estimate:+.4f} at most {found.gain.upper:+.4f}"
        )
    if found.disagreement > most:
        return (
            f"its predictions for old rows are {found.disagreement:.3f} from the judged model's on average, at most "
            f"{most:g} (`refit.max_disagreement`)"
        )
    if growth > LARGER:
        return f"its file is {growth:.1f} times the judged model's, at most {LARGER:g}"
    return None


def measure_distance(
    config: ModelConfig, spec: CandidateSpec, pipeline: Pipeline, rows: FitRows, *, threads: int
) -> tuple[float | None, float | None]:
    """Measure how far a refreshed candidate is from a full fit, which learns at most as many rows as say the same.

    Returns:
        The mean distance of their predictions on validation, and their correlation; None where there is no telling.
    """
    step = max(math.ceil(len(rows.train) / config.search.rows), 1)
    whole = replace(rows, train=rows.train.iloc[::-step][::-1], base=None)
    try:
        full = fit_and_validate(config, thin_recipe(spec, step), whole, threads=threads)
    except (ConfigError, DataError, TrainingError):
        return None, None
    one, other = (score_rows(each, rows.judging, config) for each in (pipeline, full.pipeline))
    varies = np.ptp(one) > 0 and np.ptp(other) > 0
    correlation = float(np.corrcoef(one.ravel(), other.ravel())[0, 1]) if varies else None
    return _distance(one, other), correlation


def _score_both(config: ModelConfig, model: Pipeline, twin: Pipeline, frame: pd.DataFrame) -> tuple[Floats, Floats]:
    scores = score_rows(model, frame, config)
    if not np.isfinite(scores).all():
        raise TrainingError("it predicts values that are not finite numbers")
    return scores, score_alike(twin, frame, config, scores)


def _distance(one: Floats, other: Floats) -> float:
    """Return the mean distance a row; of several classes, half the sum over them: total variation."""
    apart = np.abs(one - other)
    return float(apart.mean() if apart.ndim == 1 else apart.sum(axis=1).mean() / 2)
