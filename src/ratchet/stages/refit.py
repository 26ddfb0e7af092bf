"""Refit a promoted recipe on every known row, in a child process, and check it against the model that was judged."""

import logging
import time
from dataclasses import dataclass

import pandas as pd
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.artifacts.frames import read_evenly, read_frame
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import CandidateSpec
from ratchet.errors import ConfigError, DataError, RegistryError, TrainingError
from ratchet.models.candidates import describe_error, window_of
from ratchet.models.fitting import fit_from
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.recipes import settle
from ratchet.models.refitting import TwinRows, compare_with_twin, correct_like, find_refit_problem
from ratchet.models.refreshing import read_base, resume
from ratchet.records.data import Split, Table
from ratchet.records.judgement import Decision, Verdict
from ratchet.records.modelling import Challenger, Refit

OLD_ROWS = 50_000  # on which twin and model are compared: more say the same

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What the child process is to do: references only, it reads the rows itself."""

    run: Run
    table: Table
    split: Split
    challenger: Challenger
    spec: CandidateSpec
    threads: int


def refit(run: Run, table: Table, split: Split | None, challenger: Challenger | None, verdict: Verdict) -> Refit | None:
    """Fit the recipe that the verdict promotes on every row whose label is known; None where nothing is promoted.

    The judged model has learnt neither validation nor holdout, the newest rows there are. Where the refit fails or is
    unlike the judged model, that one is promoted itself: it passed every gate.

    Raises:
        RegistryError: the verdict promotes a challenger that the run does not have.
        ArtifactError: the rows or the judged model are not what their records say.
        OSError: the model could not be written.
    """
    if verdict.decision is not Decision.PROMOTE or run.dry_run:
        return None
    if challenger is None or split is None:
        raise RegistryError(f"the verdict promotes {verdict.challenger}, and run {run.run_id} has no such challenger")
    if run.adoption is not None:
        done = _keep_judged(challenger, "it comes from elsewhere, without a recipe")
    elif run.config.refit.on == "train":
        done = _keep_judged(challenger, "`refit.on` is train")
    else:
        done = _refit(run, table, split, challenger)
    logger.info("%s %s: %s", run.model, run.run_id, done.reason)
    return done


def _refit(run: Run, table: Table, split: Split, challenger: Challenger) -> Refit:
    refreshes = [each.refresh for each in challenger.leaderboard if each.refresh]
    run = run.model_copy(update={"config": settle(resume(run.config, refreshes), challenger.leaderboard)})
    spec = next(each for each in run.config.candidates if each.name == challenger.name)
    job = Assignment(run=run, table=table, split=split, challenger=challenger, spec=spec, threads=read_threads())
    done = run_in_child(fit_and_compare, job, limit=spec.time_limit, memory=spec.memory_limit)
    return _keep_judged(challenger, done.reason) if isinstance(done, Lost) else done


def fit_and_compare(job: Assignment) -> Refit:
    """Do the work of the child process: fit on every row, compare with the twin, write the model.

    Raises:
        ArtifactError: the rows or the judged model are not what their records say.
        OSError: the model could not be written.
    """
    run, challenger, folder = job.run, job.challenger, folder_of(job.run)
    twin, rows = read_pipeline(challenger.model, run.home), _read_known(job)
    began = time.monotonic()
    try:
        model = correct_like(_fit(job, rows), twin)
        seconds = time.monotonic() - began
        found = compare_with_twin(run.config, model, twin, _read_judging(job))
    except (ConfigError, DataError, TrainingError) as error:
        return _keep_judged(challenger, describe_error(error))
    ref = write_pipeline(model, folder.file(f"models/{challenger.name}-refitted.skops"), folder.home)
    if problem := find_refit_problem(run.config, found, growth=ref.size_bytes / challenger.model.size_bytes):
        return _keep_judged(challenger, problem)
    return Refit(
        twin_sha256=challenger.model.sha256,
        model=ref,
        reason=f"refitted on {window_of(job.spec)} of {len(rows):,} known, {job.split.train.rows:,} are training rows",
        rows=min(len(rows), job.spec.window or len(rows)),
        disagreement=found.disagreement,
        estimate=found.gain.estimate,
        fit_seconds=seconds,
    )


def _fit(job: Assignment, rows: pd.DataFrame) -> Pipeline:
    """Fit as the judged model was, from the same start where it had one."""
    own = job.challenger.candidate
    base = read_base(own.refresh if own else None, job.run.home)
    classes, threads = job.split.classes, job.threads
    model, problem = fit_from(base, job.spec, rows, job.run.config, classes=classes, threads=threads)
    if problem is not None:
        raise TrainingError(problem)
    return model


def _keep_judged(challenger: Challenger, why: str) -> Refit:
    reason = f"not refitted, the judged model is promoted itself: {why}"
    return Refit(twin_sha256=challenger.model.sha256, model=None, reason=reason)


def _read_known(job: Assignment) -> pd.DataFrame:
    """Return what the recipe learns: every known row, those since a change, or those of the YAML's window."""
    data, window, change = job.run.config.data, job.run.config.split.fixed_window, job.split.change
    rows = read_frame(job.table.file, job.run.home, job.run.config.taught_columns)
    rows = rows.sort_values(data.order_column, kind="stable")
    own = job.challenger.candidate
    if change is not None and own is not None and own.since_change:
        rows = rows[rows[data.order_column] > change.at]
    times = rows[data.order_column]
    return rows if window is None else rows[times > times.max() - window]


def _read_judging(job: Assignment) -> TwinRows:
    home, columns = job.run.home, job.run.config.taught_columns
    return TwinRows(
        old=read_evenly(job.split.train.file, home, columns, at_most=OLD_ROWS),
        new=read_frame(job.split.holdout.file, home),
        classes=job.split.classes,
    )
