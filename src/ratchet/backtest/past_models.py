"""The model that a retrain at one time would have made, and what it would have done from then on."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from ratchet.backtest.history import History
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.data.splitting import Parts
from ratchet.errors import ConfigError, DataError, TrainingError
from ratchet.evaluation.comparison import Comparison, Scored, predict_baseline, read_for
from ratchet.evaluation.costs import cost_rows
from ratchet.evaluation.decisions import HALF, choose_thresholds, decide_classes
from ratchet.evaluation.gains import ClassNames, measure_gain
from ratchet.gates.beats_baseline import BaselineGate
from ratchet.gates.evidence import find_obstacle, is_above
from ratchet.metrics.registry import find_metric
from ratchet.models.candidates import describe_error
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.recalibration import correct_candidate, divide_validation
from ratchet.models.scoring import score_rows
from ratchet.records.backtest import PastModel
from ratchet.records.decision import Thresholds

TREES = ("xgboost", "lightgbm", "catboost", "hist_gradient_boosting", "random_forest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A fitted candidate.

    Attributes:
        spec: what was asked for.
        pipeline: the model.
        thresholds: what it decides with.
        value: its figure on validation, turned so that more is better.
    """

    spec: CandidateSpec
    pipeline: Pipeline
    thresholds: Thresholds | None
    value: float


def candidates_of(config: ModelConfig) -> tuple[CandidateSpec, ...]:
    """Return what a retrain fits in a replay: the YAML's choice, or the first candidate with trees, or the first."""
    if config.backtest.candidates:
        return config.backtest.candidates
    trees = [spec for spec in config.candidates if spec.estimator in TREES]
    return (*trees, *config.candidates)[:1]


def make_past_model(run: Run, history: History, period: int) -> tuple[PastModel, Floats | None]:
    """Make the model of one period, and its predictions: for its holdout and all rows not known then, else NaN.

    What can't be fitted is a model with a problem, as a run without a challenger is.
    """
    began = time.monotonic()
    try:
        parts = history.divide(period)
        made = _choose(run, history, period, parts)
        seconds = time.monotonic() - began
        scores = _score(history, period, parts, made)
        return _describe(history, period, parts, made, (scores, seconds)), scores
    except (ConfigError, DataError, TrainingError) as error:
        return PastModel(period=period, problem=describe_error(error), seconds=time.monotonic() - began), None


def _choose(run: Run, history: History, period: int, parts: Parts) -> Made:
    """Fit every candidate and return the one that does best on validation."""
    train, validation = history.select(parts.train), history.select(parts.validation)
    classes = history.classes_at(period)
    teaching, judging = divide_validation(run, validation)
    made = [_make(history.config, spec, classes, (train, teaching, judging)) for spec in run.config.candidates]
    return max(made, key=lambda each: each.value)


def _make(
    config: ModelConfig,
    spec: CandidateSpec,
    classes: tuple[str, ...],
    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> Made:
    train, teaching, judging = frames
    # one thread: sums of several end in another order each time, and a replay must give the same numbers
    pipeline = fit_candidate(spec, train, config, classes=classes, seed=config.schedule.seed, threads=1)
    pipeline = correct_candidate(spec, pipeline, teaching, config, classes=classes, threads=1)
    labels = encode_labels(judging[config.data.target.column], config.task, classes)
    scores = score_rows(pipeline, judging, config)
    thresholds = choose_thresholds(config, judging, labels, scores)
    decided = Scored(scores=scores, decisions=decide_classes(config.task, scores, judging, thresholds or HALF))
    value = find_metric(config.metric).measure(labels, read_for(config.metric, decided), config.evaluation.options)
    if value is None:
        raise TrainingError(f"its {config.metric} can't be measured on the {len(judging)} validation rows")
    return Made(
        spec=spec,
        pipeline=pipeline,
        thresholds=thresholds,
        value=-value if find_metric(config.metric).is_loss else value,
    )


def _score(history: History, period: int, parts: Parts, made: Made) -> Floats:
    wanted = ~history.timeline.is_known(history.moments, period)
    wanted[parts.holdout] = True
    rows = np.flatnonzero(wanted)
    found = score_rows(made.pipeline, history.frame.iloc[rows], history.config)
    if not np.isfinite(found).all():
        raise TrainingError("it predicts values that are not finite numbers")
    if history.config.task == "multiclass":
        found = _spread(found, history.classes_at(period), history.classes)
    scores = np.full((len(wanted), *found.shape[1:]), np.nan)
    scores[rows] = found
    return scores


def _spread(scores: Floats, known: tuple[str, ...], every: tuple[str, ...]) -> Floats:
    """Give classes that were not known yet a probability of nothing."""
    spread = np.zeros((len(scores), len(every)))
    spread[:, [every.index(name) for name in known]] = scores
    return spread


def _describe(history: History, period: int, parts: Parts, made: Made, done: tuple[Floats, float]) -> PastModel:
    config, (scores, seconds) = history.config, done
    holdout = decide(history, scores, made.thresholds, parts.holdout)
    errors, quality = _follow(history, period, scores, made.thresholds)
    return PastModel(
        period=period,
        problem=None,
        candidate=made.spec.name,
        train_rows=len(parts.train),
        seconds=seconds,
        thresholds=made.thresholds,
        baseline=find_metric(config.metric).measure(
            history.labels[parts.holdout],
            read_for(config.metric, holdout),
            config.evaluation.options,
        ),
        holdout_error=float(find_errors(config, history.labels[parts.holdout], holdout).mean()),
        beats_baseline=_beats_baseline(history, parts, holdout),
        errors=errors,
        quality=quality,
    )


def _follow(
    history: History, period: int, scores: Floats, thresholds: Thresholds | None
) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    """Return a model's mistakes and its figure in each period, from its own on."""
    config = history.config
    errors = [0.0] * history.timeline.periods
    quality: list[float | None] = [None] * history.timeline.periods
    for later in range(period, history.timeline.periods):
        rows = np.flatnonzero(history.periods == later)
        if not len(rows):
            continue
        decided = decide(history, scores, thresholds, rows)
        errors[later] = float(find_errors(config, history.labels[rows], decided).sum())
        predictions = read_for(config.metric, decided)
        quality[later] = find_metric(config.metric).measure(
            history.labels[rows], predictions, config.evaluation.options
        )
    return tuple(errors), tuple(quality)


def decide(history: History, scores: Floats, thresholds: Thresholds | None, rows: NDArray[np.intp]) -> Scored:
    """Return what a model says about some rows."""
    chosen, frame = scores[rows], history.frame.iloc[rows]
    decisions = decide_classes(history.config.task, chosen, frame, thresholds or HALF)
    return Scored(scores=chosen, decisions=decisions)


def find_errors(config: ModelConfig, labels: Floats, scored: Scored) -> Floats:
    """Return what each row's mistake is: its cost in the YAML, a wrong decision, or the absolute error."""
    if scored.decisions is None:
        return np.abs(labels - scored.scores)
    if config.decision.costs is not None:
        return cost_rows(labels, scored.decisions, config.decision.costs)
    return np.asarray(labels != scored.decisions, dtype=np.float64)


def _beats_baseline(history: History, parts: Parts, holdout: Scored) -> bool:
    """Tell whether a model passes the gate on the trivial baseline, the only opponent that a first model has."""
    config, labels = history.config, history.labels
    constant = predict_baseline(
        config.metric,
        labels[parts.train],
        classes=len(history.classes),
        rows=len(parts.holdout),
        options=config.evaluation.options,
        task=config.task,
    )
    frame = history.frame.iloc[parts.holdout]
    baseline = Scored(scores=constant, decisions=decide_classes(config.task, constant, frame))
    comparison = Comparison(
        config=config,
        frame=frame,
        labels=labels[parts.holdout],
        classes=len(history.classes),
        challenger=holdout,
        champion=None,
        baseline=baseline,
        names=ClassNames.of(config, history.classes),
    )
    pair = comparison.against_baseline(config.metric)
    gain = measure_gain(pair, comparison.plan(pair), confidence=config.evaluation.confidence)
    return find_obstacle(gain, config) is None and is_above(gain.lower, config.gates.of(BaselineGate).min_gain)
