"""Recipes: what is fitted and on which rows; each is measured on folds, and the best for a candidate chosen.

By time, folds are forward-chained; see docs/decisions/0033-recipes-meet-on-folds.md.
"""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from statistics import mean

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ratchet.artifacts.frames import read_frame
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.data.clock import count_moments
from ratchet.data.folds import Fold, cut_folds, deal_folds, keep_groups_out
from ratchet.errors import ConfigError, DataError, TrainingError
from ratchet.evaluation.comparison import read_for, with_decisions
from ratchet.evaluation.decisions import choose_thresholds
from ratchet.evaluation.placing import count_newest_most, is_as_good
from ratchet.metrics.registry import find_metric
from ratchet.models.blending import choose_members
from ratchet.models.candidates import describe_error, describe_parameters, window_of
from ratchet.models.fitting import fit_as_refreshed
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.recalibration import choose_method
from ratchet.models.scoring import score_rows
from ratchet.records.data import Part, Split
from ratchet.records.modelling import Candidate, Refresh, TrainingWindow, Trial
from ratchet.timeline import to_length

PARTS = (2, 4, 8)  # of the training rows: the windows that compete with all of them
LEAST = 1000  # rows of a window: with fewer, chance decides


@dataclass(frozen=True, slots=True, kw_only=True)
class FitJob:
    """What a child process that fits one candidate is to do: references only, it reads the rows itself.

    Attributes:
        run: the run.
        split: its parts.
        spec: the candidate.
        threads: how many a fit may use.
        floors: of a search, the mean that is needed after each fold to go on.
        refresh: what it starts from, where it is to be refreshed.
    """

    run: Run
    split: Split
    spec: CandidateSpec
    threads: int
    floors: tuple[float, ...] = ()
    refresh: Refresh | None = None


def read_part(run: Run, part: Part) -> pd.DataFrame:
    """Read what a fit takes of a part.

    Raises:
        ArtifactError: its file is missing or changed.
    """
    return read_frame(part.file, run.home, run.config.taught_columns)


def settle(config: ModelConfig, found: Sequence[Trial | Candidate]) -> ModelConfig:
    """Return the YAML with the choices that records have of its candidates."""
    by_name = {each.name: each for each in found}
    candidates = (
        settle_candidate(each, by_name[each.name]) if each.name in by_name else each for each in config.candidates
    )
    return config.model_copy(update={"candidates": tuple(candidates)})


def settle_candidate(spec: CandidateSpec, found: Trial | Candidate) -> CandidateSpec:
    """Return a candidate with the choices that its record has."""
    window = found.window
    chosen = {"parameters": json.loads(found.parameters), "window": window.rows, "half_life": window.half_life}
    return spec.model_copy(update=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRows:
    """Rows before the holdout in the order of time, and the folds that are cut from them.

    Attributes:
        frame: the rows, evenly thinned.
        labels: their targets, as codes or values.
        folds: the blocks that can judge, the oldest first.
        classes: the target's; empty for regression.
        step: of so many rows one is here.
        unlearnt: the share of known rows that a champion has not learnt, where a candidate starts from one.
    """

    frame: pd.DataFrame
    labels: Floats
    folds: tuple[Fold, ...]
    classes: tuple[str, ...]
    step: int
    unlearnt: float = 0.0


def cut_fold_rows(config: ModelConfig, frame: pd.DataFrame, *, classes: tuple[str, ...]) -> FoldRows:
    """Put rows in the order of time, thin them, and cut the folds.

    A block that lacks a second class, or is preceded by rows that lack one, can judge nothing and is left out.

    Args:
        config: the model's YAML.
        frame: the rows before the holdout, with the column that orders them.
        classes: the target's.
    """
    plan = config.search
    moments = count_moments(pa.array(frame[config.data.order_column]))
    step = max(math.ceil(len(frame) / plan.rows), 1)
    order = np.argsort(moments, kind="stable")[::-1][::step][::-1]  # the newest row stays
    frame, moments = frame.iloc[order], moments[order]
    groups = _number_groups(config, frame)
    if config.split.method == "time":
        folds = cut_folds(moments, plan.folds, delay=to_length(config.data.label_delay))
        folds = tuple(keep_groups_out(each, groups) for each in folds)
    else:
        folds = deal_folds(groups, plan.folds, seed=config.schedule.seed)
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    usable = tuple(each for each in folds if _can_judge(labels, each, len(classes)))
    return FoldRows(frame=frame, labels=labels, folds=usable, classes=classes, step=step)


def _number_groups(config: ModelConfig, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Number the groups; a row without one is a group of its own."""
    rows = -1 - np.arange(len(frame))
    if config.data.group is None:
        return rows
    codes = pd.factorize(frame[config.data.group])[0]
    return np.where(codes < 0, rows, codes)


def _can_judge(labels: Floats, fold: Fold, classes: int) -> bool:
    if not classes:
        return len(fold.known) > 0
    return len(np.unique(labels[fold.known])) == classes and len(np.unique(labels[fold.judged])) > 1


def list_windows(rows: int) -> Iterator[TrainingWindow]:
    """Yield the windows that compete, the one that learns most first.

    Args:
        rows: how many rows there are to learn from.
    """
    yield TrainingWindow()
    if rows // PARTS[0] >= LEAST:
        yield TrainingWindow(half_life=rows // PARTS[1])
    for part in PARTS:
        if rows // part >= LEAST:
            yield TrainingWindow(rows=rows // part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a recipe is worth on the folds, and what it says of each."""

    trial: Trial
    predictions: tuple[Floats, ...] = ()


def measure_recipe(
    spec: CandidateSpec, known: FoldRows, config: ModelConfig, *, threads: int, floors: Sequence[float] = ()
) -> Measured:
    """Measure a recipe on each fold, the newest first; one that fails on one of them gives no figure.

    Args:
        spec: the candidate.
        known: the rows before the holdout, and the folds.
        config: the model's YAML.
        threads: how many a fit may use.
        floors: the mean that it needs after each fold, the newest first, or else it is given up there.
    """
    began, thinned, last = time.monotonic(), thin_recipe(spec, known.step), len(known.folds) - 1
    predictions: list[Floats] = []
    scores: list[float] = []
    failure = None
    try:
        for count, fold in enumerate(reversed(known.folds)):
            predictions.insert(0, _predict(thinned, fold, known, config, threads))
            scores.insert(0, measure_fold(config, known, last - count, predictions[0]))
            if count < min(len(floors), last) and mean(scores) < floors[count]:
                failure = f"given up after the newest {count + 1} of {last + 1} blocks: others are better there"
                break
    except (ConfigError, DataError, TrainingError) as error:
        scores, failure = [], describe_error(error)
    trial = Trial(
        name=spec.name,
        parameters=describe_parameters(spec),
        window=window_of(spec),
        scores=tuple(scores),
        seconds=time.monotonic() - began,
        failure=failure,
    )
    return Measured(trial=trial, predictions=() if failure else tuple(predictions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Every recipe of a candidate that was measured, and the one to take; its failure where it gives no figure."""

    every: tuple[Trial, ...]
    chosen: Measured


def try_windows(spec: CandidateSpec, known: FoldRows, config: ModelConfig, *, rows: int, threads: int) -> Tried:
    """Measure a candidate on each window that competes, and choose.

    Args:
        spec: the candidate.
        known: the rows before the holdout, and the folds.
        config: the model's YAML.
        rows: how many training rows there are.
        threads: how many a fit may use.
    """
    tried: list[Measured] = []
    began, limit = time.monotonic(), _limit_windows(spec, config)
    for each in _list_recipes(spec, config, rows):
        if tried and time.monotonic() - began > limit:
            break  # all rows come first and take longest: the next window ends within the limit, or is not begun
        floors = accumulate_means(tried[0].trial.scores) if tried else ()  # fewer rows have to be better than all
        tried.append(measure_recipe(each, known, config, threads=threads, floors=floors))
        if tried[0].trial.failure:
            break  # what can't learn all rows is lost
    trials = tuple(each.trial for each in tried)
    best = choose_trial(trials, is_loss=find_metric(config.metric).is_loss) if known.folds else trials[0]
    return Tried(every=trials, chosen=next(each for each in tried if each.trial is best))


def _limit_windows(spec: CandidateSpec, config: ModelConfig) -> float:
    """Return seconds: half of what the candidate has, and with the others no more than half of the search's."""
    half, budget = spec.time_limit.total_seconds() / 2, config.search.budget
    return half if budget is None else min(half, budget.total_seconds() / 2 / len(config.candidates))


def _list_recipes(spec: CandidateSpec, config: ModelConfig, rows: int) -> Iterator[CandidateSpec]:
    """Yield the candidate on each window that competes; on its own where it, its champion, or the YAML has one."""
    plan = config.split
    if plan.window != "auto" or plan.method != "time" or spec.window or spec.half_life or spec.refresh != "full":
        yield spec
        return
    for window in list_windows(rows):
        yield spec.model_copy(update={"window": window.rows, "half_life": window.half_life})


def failed_trial(spec: CandidateSpec, reason: str) -> Trial:
    """Record a candidate that gives no figure, for one reason."""
    return Trial(name=spec.name, parameters=describe_parameters(spec), window=window_of(spec), failure=reason)


def list_members(config: ModelConfig, tried: Sequence[Measured]) -> list[Measured]:
    """Return what may be blended: not what is corrected or refreshed, which is another model than on the folds."""
    full = (spec for spec in config.candidates if spec.refresh == "full")
    plain = {spec.name for spec in full if choose_method(config, spec) == "none"}
    return [each for each in tried if each.predictions and each.trial.name in plain]


def try_blend(spec: CandidateSpec, members: Sequence[Measured], known: FoldRows, config: ModelConfig) -> Trial:
    """Blend recipes; where one of them alone is clearly better, the blend gives no figure.

    Args:
        spec: the blend.
        members: recipes with their predictions on each fold.
        known: the rows before the holdout, and the folds.
        config: the model's YAML.
    """
    if len(members) < 2:
        return failed_trial(spec, "there are no two candidates to blend")
    is_close = partial(is_as_good, is_loss=find_metric(config.metric).is_loss)
    predictions = {each.trial.name: each.predictions for each in members}
    blended = choose_members(predictions, partial(measure_fold, config, known), is_close)
    best = max((each.trial for each in members), key=lambda each: each.score)
    if len(blended.members) == 1 or not is_close(blended.scores, best.scores):
        return failed_trial(spec, f"{best.name} alone is clearly better on the folds")
    weights = json.dumps(blended.weights)
    return Trial(name=spec.name, parameters=weights, window=window_of(spec), scores=blended.scores)


def _predict(spec: CandidateSpec, fold: Fold, known: FoldRows, config: ModelConfig, threads: int) -> Floats:
    teaching = known.frame.iloc[fold.known]
    pipeline = fit_as_refreshed(spec, teaching, config, classes=known.classes, threads=threads, unlearnt=known.unlearnt)
    scores = score_rows(pipeline, known.frame.iloc[fold.judged], config)
    if not np.isfinite(scores).all():
        raise TrainingError("it predicts values that are not finite numbers")
    return scores


def measure_fold(config: ModelConfig, known: FoldRows, place: int, scores: Floats) -> float:
    """Return the primary metric of predictions on one fold, turned so that higher is better.

    Raises:
        TrainingError: it can't be measured on these rows.
    """
    judged, metric = known.folds[place].judged, find_metric(config.metric)
    frame, labels = known.frame.iloc[judged], known.labels[judged]
    scored = with_decisions(config.task, scores, frame, choose_thresholds(config, frame, labels, scores))
    value = metric.measure(labels, read_for(config.metric, scored), config.evaluation.options)
    if value is None:
        raise TrainingError(f"its {config.metric} can't be measured on a fold of {len(frame)} rows")
    return -value if metric.is_loss else value


def thin_recipe(spec: CandidateSpec, step: int) -> CandidateSpec:
    """Return a candidate for rows of which one in `step` is left: its window and half-life mean the same time."""
    kept = {"window": spec.window, "half_life": spec.half_life}
    return spec.model_copy(update={name: max(rows // step, 1) for name, rows in kept.items() if rows is not None})


def accumulate_means(scores: Sequence[float]) -> tuple[float, ...]:
    """Return the mean of the newest score, of the newest two, and so on."""
    return tuple(total / count for count, total in enumerate(accumulate(reversed(scores)), start=1))


def choose_trial(trials: Sequence[Trial], *, is_loss: bool) -> Trial:
    """Return the first trial that is nearly as good as the best one: see `is_as_good`.

    Trials stand in the order in which they are trusted: all rows come first. One window is often the best of five by
    chance, and a world that is gone may come back.

    Args:
        trials: of one candidate, on the same folds; the first one stands for the candidate where it gives no figure.
        is_loss: whether the primary metric is one.
    """
    if trials[0].failure:
        return trials[0]
    usable = [each for each in trials if not each.failure]
    best = max(usable, key=lambda each: count_newest_most(each.scores))
    return next(each for each in usable if is_as_good(each.scores, best.scores, is_loss=is_loss, by_age=True))


def choose_setting(trusted: Sequence[Trial], others: Sequence[Trial]) -> Trial:
    """Return the first trusted trial that is behind the best by less than a standard error; else the best.

    The best of many settings is partly so by chance, and another recipe in each run would never let a champion be
    renewed.

    Args:
        trusted: the champion's settings and the YAML's, as far as they gave a figure.
        others: what a search has found.
    """
    best = max((*trusted, *others), key=lambda each: each.score)
    return next((each for each in trusted if is_as_good(each.scores, best.scores, material=0.0)), best)
