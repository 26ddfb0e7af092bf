"""The model that a retrain at one time would have made, and what it would have done from then on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import write_pipeline
from ratchet.backtest.history import History, Positions
from ratchet.backtest.store import Scores
from ratchet.backtest.ungated import FITS
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.data.splitting import Parts
from ratchet.errors import ArtifactError, ConfigError, DataError, RatchetError, TrainingError
from ratchet.evaluation.comparison import Comparison, Scored, read_for, score_baseline, with_decisions
from ratchet.evaluation.costs import cost_rows
from ratchet.evaluation.gains import ClassNames
from ratchet.evaluation.judging import judge_overall
from ratchet.evaluation.placing import place_candidates, prefer_trusted
from ratchet.gates.beats_baseline import BaselineGain, BaselineGate, beats_baseline
from ratchet.metrics.registry import find_metric
from ratchet.models.candidates import describe_error, fitted_candidate, rank_by_folds
from ratchet.models.fitting import FitRows, Fitted, fit_best, fit_candidate
from ratchet.models.labels import Floats
from ratchet.models.recalibration import divide_validation
from ratchet.models.recipes import FoldRows, cut_fold_rows, list_members, settle, try_blend, try_windows
from ratchet.models.refitting import TwinRows, compare_with_twin, correct_like, find_refit_problem
from ratchet.models.scoring import score_rows
from ratchet.records.backtest import PastModel, Unjudged
from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef
from ratchet.records.judgement import Outcome
from ratchet.records.modelling import Candidate, Trial
from ratchet.timeline import Moment, to_length, to_number

CHALLENGER = "challenger"
ONE = 1  # thread: sums of several end in another order each time, and a replay must give the same numbers
TREES = ("xgboost", "lightgbm", "catboost", "hist_gradient_boosting", "random_forest", "extra_trees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The challenger of a retrain.

    Attributes:
        fitted: the candidate.
        config: the YAML with what each candidate learns, which a blend's members are fitted by.
        broken: constraints of the policy that it does not meet, one sentence each.
        since: it learns the rows after this moment only; None for all.
    """

    fitted: Fitted
    config: ModelConfig
    broken: tuple[str, ...]
    since: Moment | None


def candidates_of(config: ModelConfig) -> tuple[CandidateSpec, ...]:
    """Return what a retrain fits in a replay: the YAML's choice, or the first candidate with trees, or the first.

    Each fit is full: which champion it would start from depends on the policy.
    """
    trees = [spec for spec in config.candidates if spec.estimator in TREES]
    wanted = config.backtest.candidates or (*trees, *config.candidates)[:1]
    return tuple(spec.model_copy(update={"refresh": "full"}) for spec in wanted)


def make_past_model(
    run: Run, history: History, period: int, *, since: Moment | None = None
) -> tuple[PastModel, Scores | None]:
    """Make the model of one period, and its predictions; after a change, as a run does that has found it.

    What can't be fitted is a model with a problem, as a run without a challenger is.
    """
    began = time.monotonic()
    try:
        parts = history.divide(period, since)
        chosen = _choose(run, history, period, parts, since)
        again = _refit(history, period, chosen)
        judged = _score(history, period, parts, chosen.fitted.pipeline)
        served = judged
        if again is not None and _may_serve(history, period, parts, chosen.fitted, again):
            later = ~history.timeline.is_known(history.moments, period)
            served = judged.copy()
            served[later] = _score(history, period, parts, again)[later]
        seconds = time.monotonic() - began
        scores = Scores(judged=judged, served=served)
        model = _describe(history, period, parts, chosen, (scores, seconds))
        ungated = _fit_ungated(history, period, parts, chosen, again)
        return replace(model, since=since, newest=ungated.get("newest"), rolling=ungated.get("rolling")), scores
    except (ArtifactError, ConfigError, DataError, TrainingError) as error:
        return PastModel(period=period, problem=describe_error(error), seconds=time.monotonic() - began), None


def _choose(run: Run, history: History, period: int, parts: Parts, since: Moment | None) -> Chosen:
    """Fit every candidate and choose one on validation as a run does: by the policy, among those that are not lost."""
    teaching, judging = divide_validation(run, history.select(parts.validation))
    rows = FitRows(
        train=_select_ordered(history, parts.train),
        teaching=teaching,
        judging=judging,
        classes=history.classes_at(period),
    )
    recent = None if since is None else _select_ordered(history, _keep_since(history, parts.train, since))
    known = _cut_fold_rows(history, period, parts) if since is None and run.config.search.folds else None
    found = _search(run.config, known, rows=len(parts.train))
    config = settle(run.config, found)
    fitted, candidates = _fit_candidates(config, found, rows, recent)
    placings, _ = prefer_trusted(place_candidates(candidates, config.policy, config.metric), candidates, config)
    one, is_recent = fitted[placings[0].name]
    return Chosen(fitted=one, config=config, broken=placings[0].broken, since=since if is_recent else None)


def _fit_candidates(
    config: ModelConfig, found: Sequence[Trial], rows: FitRows, recent: pd.DataFrame | None
) -> tuple[dict[str, tuple[Fitted, bool]], list[Candidate]]:
    """Fit what is not lost: by name, whether it has learnt the rows since a change alone, and what the policy reads.

    Raises:
        ArtifactError, ConfigError, DataError, TrainingError: of the first one, where all are lost.
    """
    trials, lost = {each.name: each for each in found}, list[RatchetError]()
    fitted, candidates = dict[str, tuple[Fitted, bool]](), list[Candidate]()
    for spec in config.candidates:
        trial = trials.get(spec.name)
        try:
            if trial is not None and trial.failure:
                raise TrainingError(trial.failure)
            one, is_recent = fit_best(config, spec, rows, recent, threads=ONE)
            candidate = _describe_candidate(config, one)
        except (ArtifactError, ConfigError, DataError, TrainingError) as error:
            lost.append(error)
        else:
            fitted[spec.name] = one, is_recent
            candidates.append(rank_by_folds(candidate, trial) if trial else candidate)
    if not candidates:
        raise lost[0]
    return fitted, candidates


def _search(config: ModelConfig, known: FoldRows | None, *, rows: int) -> tuple[Trial, ...]:
    """Choose which rows each candidate learns, and the blends, as the step `search` does; settings are not tried."""
    if known is None or not known.folds:
        return ()
    plain = [each for each in config.candidates if each.estimator != BLEND]
    tried = [try_windows(each, known, config, rows=rows, threads=ONE).chosen for each in plain]
    blends = [each for each in config.candidates if each.estimator == BLEND]
    members = list_members(config, tried)
    return (*(each.trial for each in tried), *(try_blend(each, members, known, config) for each in blends))


def _select_ordered(history: History, rows: Positions) -> pd.DataFrame:
    return history.select(rows[np.argsort(history.moments[rows], kind="stable")])


def _cut_fold_rows(history: History, period: int, parts: Parts) -> FoldRows:
    rows = np.concatenate([parts.train, parts.validation])
    frame = history.select(rows).assign(**{history.config.data.order_column: history.moments[rows]})
    return cut_fold_rows(history.config, frame, classes=history.classes_at(period))


def _describe_candidate(config: ModelConfig, fitted: Fitted) -> Candidate:
    """Record a candidate for the policy; a tie goes to the YAML's order, as no fit takes as long twice."""
    size = _write_for_size(fitted.pipeline) if "size_bytes" in config.policy.figures else None
    candidate = fitted_candidate(fitted.spec, size, fitted.result, metric=config.metric, seconds=fitted.seconds)
    return replace(candidate, fit_seconds=0.0)


def _write_for_size(pipeline: Pipeline) -> FileRef:
    with TemporaryDirectory() as folder:
        return write_pipeline(pipeline, Path(folder, "model.skops"), Path(folder))


def _score(history: History, period: int, parts: Parts, pipeline: Pipeline) -> Floats:
    wanted = ~history.timeline.is_known(history.moments, period)
    wanted[parts.holdout] = True
    rows = np.flatnonzero(wanted)
    found = score_rows(pipeline, history.frame.iloc[rows], history.config)
    if not np.isfinite(found).all():
        raise TrainingError("it predicts values that are not finite numbers")
    if history.config.task == "multiclass":
        found = _spread(found, history.classes_at(period), history.classes)
    scores = np.full((len(wanted), *found.shape[1:]), np.nan)
    scores[rows] = found
    return scores


def _refit(history: History, period: int, chosen: Chosen) -> Pipeline | None:
    """Fit the recipe on the known rows that a run gives to what it promotes; None where it would not, or can't."""
    if history.config.refit.on == "train":
        return None
    known, window = history.known_at(period), history.config.split.fixed_window
    if window is not None:
        moments = history.moments[known]
        known = known[moments > moments.max() - to_length(window)]
    return _fit_on(history, period, chosen, _keep_since(history, known, chosen.since))


def _keep_since(history: History, rows: Positions, since: Moment | None) -> Positions:
    return rows if since is None else rows[history.moments[rows] > to_number(since)]


def _may_serve(history: History, period: int, parts: Parts, fitted: Fitted, again: Pipeline) -> bool:
    """Return whether a refitted model passes the checks of a run but for the size of its file."""
    config, classes = history.config, history.classes_at(period)
    rows = TwinRows(old=history.select(parts.train), new=history.select(parts.holdout), classes=classes)
    try:
        return find_refit_problem(config, compare_with_twin(config, again, fitted.pipeline, rows), growth=1.0) is None
    except TrainingError:
        return False


def _fit_ungated(
    history: History, period: int, parts: Parts, chosen: Chosen, again: Pipeline | None
) -> dict[str, Unjudged]:
    """Fit the recipe for the policies that ask no gate: on all known rows, and on the newest ones."""
    config, timeline, known = history.config, history.timeline, history.known_at(period)
    start = timeline.edges[period] - config.backtest.rolling * (timeline.edges[1] - timeline.edges[0])
    rows = {"newest": known, "rolling": known[history.moments[known] > start - timeline.delay]}
    every = _learn_all(chosen)
    learns_all = config.split.fixed_window is None and chosen.since is None and every == chosen
    found: dict[str, Unjudged] = {}
    wanted = {FITS[each] for each in FITS if each in config.backtest.policies}
    for name in (each for each in rows if each in wanted):
        began = time.monotonic()
        is_there = name == "newest" and learns_all and again is not None
        model = again if is_there else _fit_on(history, period, every, rows[name])
        if model is not None:
            scores = _score(history, period, parts, model)
            errors, quality = _follow(history, period, scores, chosen.fitted.result.thresholds)
            found[name] = Unjudged(errors=errors, quality=quality, seconds=time.monotonic() - began)
    return found


def _learn_all(chosen: Chosen) -> Chosen:
    """Return the recipe without a window, its members' as well."""
    every = {"window": None, "half_life": None}
    candidates = tuple(each.model_copy(update=every) for each in chosen.config.candidates)
    fitted = replace(chosen.fitted, spec=chosen.fitted.spec.model_copy(update=every))
    return replace(chosen, fitted=fitted, config=chosen.config.model_copy(update={"candidates": candidates}))


def _fit_on(history: History, period: int, chosen: Chosen, rows: Positions) -> Pipeline | None:
    """Fit the recipe on some rows; None where these rows give no model."""
    fitted, config, classes = chosen.fitted, chosen.config, history.classes_at(period)
    try:
        frame, seed = _select_ordered(history, rows), config.schedule.seed
        model = fit_candidate(fitted.spec, frame, config, classes=classes, seed=seed, threads=ONE)
        return correct_like(model, fitted.pipeline)
    except (DataError, TrainingError):
        return None


def _spread(scores: Floats, known: tuple[str, ...], every: tuple[str, ...]) -> Floats:
    """Give classes that were not known yet a probability of nothing."""
    spread = np.zeros((len(scores), len(every)))
    spread[:, [every.index(name) for name in known]] = scores
    return spread


def _describe(history: History, period: int, parts: Parts, chosen: Chosen, done: tuple[Scores, float]) -> PastModel:
    fitted, (scores, seconds) = chosen.fitted, done
    thresholds, rows = fitted.result.thresholds, parts.holdout
    holdout = decide(history, scores.judged, thresholds, rows)
    errors, quality = _follow(history, period, scores.served, thresholds)
    return PastModel(
        period=period,
        problem=None,
        candidate=fitted.spec.name,
        train_rows=len(parts.train),
        seconds=seconds,
        thresholds=thresholds,
        baseline=measure(history, holdout, rows),
        holdout_error=float(find_errors(history.config, history.labels[rows], holdout).mean()),
        beats_baseline=_beats_baseline(history, parts, holdout),
        errors=errors,
        quality=quality,
        broken=chosen.broken,
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
        quality[later] = measure(history, decided, rows)
    return tuple(errors), tuple(quality)


def decide(history: History, scores: Floats, thresholds: Thresholds | None, rows: Positions) -> Scored:
    """Return what a model says about some rows."""
    return with_decisions(history.config.task, scores[rows], history.frame.iloc[rows], thresholds)


def measure(history: History, scored: Scored, rows: Positions) -> float | None:
    """Measure what a model says about some rows by the primary metric; None when that can't be done."""
    metric, options = history.config.metric, history.config.evaluation.options
    return find_metric(metric).measure(history.labels[rows], read_for(metric, scored), options)


def compare(history: History, parts: Parts, rows: Positions, challenger: Scored, champion: Scored | None) -> Comparison:
    """Put what models say about some rows beside the trivial baseline that learns from the training rows."""
    config, classes, frame = history.config, len(history.classes), history.frame.iloc[rows]
    return Comparison(
        config=config,
        frame=frame,
        labels=history.labels[rows],
        classes=classes,
        challenger=challenger,
        champion=champion,
        baseline=score_baseline(config, history.labels[parts.train], frame, classes=classes),
        names=ClassNames.of(config, history.classes),
    )


def find_errors(config: ModelConfig, labels: Floats, scored: Scored) -> Floats:
    """Return what each row's mistake is: its cost in the YAML, a wrong decision, or the absolute error."""
    if scored.decisions is None:
        return np.abs(labels - scored.scores)
    if config.decision.costs is not None:
        return cost_rows(labels, scored.decisions, config.decision.costs)
    return np.asarray(labels != scored.decisions, dtype=np.float64)


def _beats_baseline(history: History, parts: Parts, holdout: Scored) -> bool:
    """Tell whether a model passes the gate on the trivial baseline, the only one to beat for a first model."""
    config = history.config
    evaluation = judge_overall(compare(history, parts, parts.holdout, holdout, None), challenger=CHALLENGER)
    evidence = BaselineGain(gain=evaluation.baseline_gain, min_rows=config.min_rows, min_positives=config.min_positives)
    return beats_baseline(config.gates.of(BaselineGate), evidence).outcome is Outcome.PASS
