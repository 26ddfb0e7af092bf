"""Fit one candidate and score it on validation, in a child process that can be stopped; losing it is a result."""

import logging
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.folder import folder_of
from ratchet.artifacts.frames import read_frame
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import CandidateSpec
from ratchet.errors import ArtifactError, ConfigError, DataError, TrainingError, did_you_mean, list_names
from ratchet.evaluation.comparison import Scored, measure_figures
from ratchet.evaluation.decisions import HALF, choose_thresholds, decide_classes
from ratchet.models.candidates import ValidationResult, describe_error, fitted_candidate, lost_candidate
from ratchet.models.fitting import fit_candidate
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.labels import encode_labels
from ratchet.models.recalibration import correct_candidate, divide_validation
from ratchet.models.scoring import score_rows
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a child process is to do: references only, it reads the rows itself.

    Attributes:
        run: the run.
        split: where the rows are.
        spec: the candidate.
        threads: how many it may use.
    """

    run: Run
    split: Split
    spec: CandidateSpec
    threads: int


def train(run: Run, split: Split, candidate: str) -> Candidate:
    """Train one candidate by name.

    Raises:
        ConfigError: the run has no such candidate, or `RATCHET_THREADS` is no number.
        ArtifactError: the split's files are missing or changed.
        OSError: the model could not be written.
    """
    spec = _find_spec(run, candidate)
    began = time.monotonic()
    job = Assignment(run=run, split=split, spec=spec, threads=read_threads())
    result = run_in_child(fit_and_score, job, limit=spec.time_limit)
    if isinstance(result, Lost):
        seconds = time.monotonic() - began
        result = lost_candidate(spec, metric=run.config.metric, reason=result.reason, seconds=seconds)
    found = result.failure or f"{result.metric} {result.metric_value:.4g} on validation"
    logger.info("run %s: candidate %s after %.1f s: %s", run.run_id, candidate, result.fit_seconds, found)
    return result


def fit_and_score(job: Assignment) -> Candidate:
    """Do the work of one child process: fit, score on validation, write the model.

    Raises:
        ArtifactError: the split's files are missing or changed.
        OSError: the model could not be written.
    """
    config, metric = job.run.config, job.run.config.metric
    rows = _read_part(job, job.split.train)
    validation = _read_part(job, job.split.validation)
    began = time.monotonic()
    try:
        seed, classes, threads = config.schedule.seed, job.split.classes, job.threads
        pipeline = fit_candidate(job.spec, rows, config, classes=classes, seed=seed, threads=threads)
        seconds = time.monotonic() - began
        teaching, judging = divide_validation(job.run, validation)
        pipeline = correct_candidate(job.spec, pipeline, teaching, config, classes=classes, threads=threads)
        result = _measure(job, pipeline, judging)
        model = _write(job, pipeline)
        return fitted_candidate(job.spec, model, result, metric=metric, seconds=seconds)
    except (ConfigError, DataError, TrainingError) as error:
        seconds = time.monotonic() - began
        return lost_candidate(job.spec, metric=metric, reason=describe_error(error), seconds=seconds)


def _find_spec(run: Run, candidate: str) -> CandidateSpec:
    names = [spec.name for spec in run.chosen]
    if candidate not in names:
        hint = did_you_mean(candidate, names)
        raise ConfigError(f"run {run.run_id} has no candidate '{candidate}'{hint}; it has {list_names(names)}")
    return run.chosen[names.index(candidate)]


def _read_part(job: Assignment, part: Part) -> pd.DataFrame:
    data, segments = job.run.config.data, job.run.config.decision.by
    keys = [name for name in (data.group, segments) if name is not None]
    columns = dict.fromkeys((*data.features, data.target.column, *keys))
    return read_frame(part.file, folder_of(job.run).home, list(columns))


def _measure(job: Assignment, pipeline: Pipeline, validation: pd.DataFrame) -> ValidationResult:
    config = job.run.config
    began = time.monotonic()
    predictions = score_rows(pipeline, validation, config)
    seconds = time.monotonic() - began
    if not np.isfinite(predictions).all():
        raise TrainingError("it predicts values that are not finite numbers")
    labels = encode_labels(validation[config.data.target.column], config.task, job.split.classes)
    thresholds = choose_thresholds(config, validation, labels, predictions)
    decisions = decide_classes(config.task, predictions, validation, thresholds or HALF)
    figures = measure_figures(config, labels, Scored(scores=predictions, decisions=decisions), seconds)
    value = next((each.value for each in figures if each.name == config.metric), None)
    if value is None:
        rows = job.split.validation.rows
        raise TrainingError(f"its {config.metric} can't be measured on the {rows} validation rows")
    return ValidationResult(value=value, figures=figures, thresholds=thresholds)


def _write(job: Assignment, pipeline: Pipeline) -> FileRef:
    folder = folder_of(job.run)
    try:
        return write_pipeline(pipeline, folder.file(f"models/{job.spec.name}.skops"), folder.home)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error
