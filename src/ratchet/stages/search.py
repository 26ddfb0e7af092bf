"""Try recipes on folds before candidates are trained: which rows each is to learn, and how to blend them."""

import logging
from collections.abc import Sequence

import pandas as pd

from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.recalibration import choose_method
from ratchet.models.recipes import (
    FitJob,
    FoldRows,
    Measured,
    Tried,
    cut_fold_rows,
    failed_trial,
    read_part,
    try_blend,
    try_windows,
)
from ratchet.records.data import Split
from ratchet.records.modelling import Search, Trial

logger = logging.getLogger(__name__)


def search(run: Run, split: Split) -> Search:
    """Try the recipes of each candidate on folds, and choose one for each.

    Rows since a change are too few for folds: there validation alone chooses.

    Raises:
        ConfigError: `RATCHET_THREADS` is no number.
        ArtifactError: the split's files are missing or changed.
    """
    if reason := _find_nothing(run, split):
        return Search(trials=(), chosen=(), reason=reason)
    tried = [_try_candidate(run, split, spec) for spec in run.chosen if spec.estimator != BLEND]
    members = _find_members(run, tried)
    blends = [_try_blend(run, split, spec, members) for spec in run.chosen if spec.estimator == BLEND]
    trials = (*(trial for each in tried for trial in each.every), *blends)
    chosen = tuple(each for each in (*(each.chosen.trial for each in tried), *blends) if each.scores or each.failure)
    done = Search(trials=trials, chosen=chosen, reason=_explain(chosen))
    logger.info("%s %s: %s", run.model, run.run_id, done.reason)
    return done


def _find_nothing(run: Run, split: Split) -> str | None:
    if split.change is not None:
        return "the champion has lost since a change: validation, which is of the rows since, chooses"
    return None if run.config.search.folds else "`search.folds` is 0: validation alone chooses"


def _try_candidate(run: Run, split: Split, spec: CandidateSpec) -> Tried:
    job = FitJob(run=run, split=split, spec=spec, threads=read_threads())
    done = run_in_child(try_recipes, job, limit=spec.time_limit, memory=spec.memory_limit)
    if isinstance(done, Lost):
        lost = failed_trial(spec, done.reason)
        return Tried(every=(lost,), chosen=Measured(trial=lost))
    return done


def try_recipes(job: FitJob) -> Tried:
    """Do the work of one child process.

    Raises:
        ArtifactError: the split's files are missing or changed.
    """
    known = read_fold_rows(job.run, job.split)
    return try_windows(job.spec, known, job.run.config, rows=job.split.train.rows, threads=job.threads)


def _find_members(run: Run, tried: Sequence[Tried]) -> list[Measured]:
    """Return what may be blended: not what is corrected after the fit, which is another model than on the folds."""
    plain = {spec.name for spec in run.chosen if choose_method(run.config, spec) == "none"}
    return [each.chosen for each in tried if each.chosen.predictions and each.chosen.trial.name in plain]


def _try_blend(run: Run, split: Split, spec: CandidateSpec, members: Sequence[Measured]) -> Trial:
    if len(members) < 2:
        return failed_trial(spec, "there are no two candidates to blend")
    return try_blend(spec, members, read_fold_rows(run, split), run.config)


def read_fold_rows(run: Run, split: Split) -> FoldRows:
    """Read the rows before the holdout, and cut the folds.

    Raises:
        ArtifactError: the split's files are missing or changed.
    """
    parts = [read_part(run, part) for part in (split.train, split.validation)]
    return cut_fold_rows(run.config, pd.concat(parts, ignore_index=True), classes=split.classes)


def _explain(chosen: Sequence[Trial]) -> str:
    usable = [each for each in chosen if each.scores]
    if not usable:
        return "no recipe could be measured on folds: validation alone chooses"
    best = max(usable, key=lambda each: each.score)
    return f"{best.name} on {best.window} is the best on {len(best.scores)} folds"
