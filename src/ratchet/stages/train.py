"""Fit one candidate and score it on validation, in a child process that can be stopped; losing it is a result."""

import logging
import time
from dataclasses import replace

import pandas as pd

from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import CandidateSpec
from ratchet.errors import ArtifactError, ConfigError, DataError, TrainingError, did_you_mean, list_names
from ratchet.models.candidates import describe_error, fitted_candidate, lost_candidate, rank_by_folds
from ratchet.models.fitting import FitRows, Fitted, fit_best
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.recalibration import divide_validation
from ratchet.models.recipes import FitJob, read_part, settle
from ratchet.models.refitting import measure_distance
from ratchet.models.refreshing import Base, read_base, resume
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate, Refresh, Search

logger = logging.getLogger(__name__)


def train(run: Run, split: Split, search: Search, candidate: str) -> Candidate:
    """Train one candidate by name, as the search has found it to be best.

    Raises:
        ConfigError: the run has no such candidate, or `RATCHET_THREADS` is no number.
        ArtifactError: the split's files are missing or changed.
        OSError: the model could not be written.
    """
    config = settle(resume(run.config, search.refreshes), search.chosen)
    run = run.model_copy(update={"config": config})
    spec = _find_spec(run, candidate)
    found = next((each for each in search.chosen if each.name == candidate), None)
    if found is not None and found.failure:
        return lost_candidate(spec, metric=run.config.metric, reason=found.failure, seconds=found.seconds)
    began = time.monotonic()
    refresh = next((each for each in search.refreshes if each.name == candidate), None)
    job = FitJob(run=run, split=split, spec=spec, threads=read_threads(), refresh=refresh)
    result = run_in_child(fit_and_score, job, limit=spec.time_limit, memory=spec.memory_limit)
    if isinstance(result, Lost):
        seconds = time.monotonic() - began
        result = lost_candidate(spec, metric=run.config.metric, reason=result.reason, seconds=seconds)
    elif found and found.scores and result.model:
        result = rank_by_folds(result, found)
    result = _add_distance(job, result)
    figure = result.failure or f"{result.metric} {result.metric_value:.4g}"
    logger.info("run %s: candidate %s after %.1f s: %s", run.run_id, candidate, result.fit_seconds, figure)
    return result


def fit_and_score(job: FitJob) -> Candidate:
    """Do the work of one child process: fit, score on validation, write the model.

    Raises:
        ArtifactError: the split's files are missing or changed.
        OSError: the model could not be written.
    """
    rows = _read_rows(job, read_base(job.refresh, job.run.home))
    config, change, began = job.run.config, job.split.change, time.monotonic()
    recent = None if change is None else rows.train[rows.train[config.data.order_column] > change.at]
    try:
        fitted, since_change = fit_best(config, job.spec, rows, recent, threads=job.threads)
        model = _write(job, fitted)
        done = fitted_candidate(job.spec, model, fitted.result, metric=config.metric, seconds=fitted.seconds)
        return replace(done, since_change=since_change, refresh=_describe_refresh(job, fitted))
    except (ConfigError, DataError, TrainingError) as error:
        seconds = time.monotonic() - began
        return lost_candidate(job.spec, metric=config.metric, reason=describe_error(error), seconds=seconds)


def _describe_refresh(job: FitJob, fitted: Fitted) -> Refresh | None:
    if job.refresh is None or fitted.problem is None:
        return job.refresh
    reason = f"fitted in full: {fitted.problem}"
    return Refresh(name=job.spec.name, way="full", reason=reason, parameters=job.refresh.parameters)


def _add_distance(job: FitJob, done: Candidate) -> Candidate:
    """Say how far a refreshed candidate is from a full fit; a child that is lost over it takes no candidate along."""
    if done.model is None or done.refresh is None or done.refresh.start is None:
        return done
    limit, memory = job.spec.time_limit, job.spec.memory_limit
    found = run_in_child(compare_with_full, (job, done.model), limit=limit, memory=memory)
    if isinstance(found, Lost):
        logger.info("candidate %s: its distance to a full fit is not known: %s", done.name, found.reason)
        return done
    distance, correlation = found
    return replace(done, refresh=replace(done.refresh, distance=distance, correlation=correlation))


def compare_with_full(work: tuple[FitJob, FileRef]) -> tuple[float | None, float | None]:
    """Do the work of another child: fit in full, and measure how far a refreshed model is from that.

    Raises:
        ArtifactError: the split's files or the model are missing or changed.
    """
    job, model = work
    pipeline = read_pipeline(model, job.run.home)
    return measure_distance(job.run.config, job.spec, pipeline, _read_rows(job), threads=job.threads)


def _find_spec(run: Run, candidate: str) -> CandidateSpec:
    names = [spec.name for spec in run.chosen]
    if candidate not in names:
        hint = did_you_mean(candidate, names)
        raise ConfigError(f"run {run.run_id} has no candidate '{candidate}'{hint}; it has {list_names(names)}")
    return run.chosen[names.index(candidate)]


def _read_rows(job: FitJob, base: Base | None = None) -> FitRows:
    train, validation = _read_ordered(job, job.split.train), _read_ordered(job, job.split.validation)
    teaching, judging = divide_validation(job.run, validation)
    return FitRows(train=train, teaching=teaching, judging=judging, classes=job.split.classes, base=base)


def _read_ordered(job: FitJob, part: Part) -> pd.DataFrame:
    return read_part(job.run, part).sort_values(job.run.config.data.order_column, kind="stable")


def _write(job: FitJob, fitted: Fitted) -> FileRef:
    folder = folder_of(job.run)
    try:
        return write_pipeline(fitted.pipeline, folder.file(f"models/{job.spec.name}.skops"), folder.home)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error
