"""Try recipes on folds before candidates are trained: which rows each is to learn, and how to blend them."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import pandas as pd

from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.models.blending import weigh
from ratchet.models.candidates import describe_parameters
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.recalibration import choose_method
from ratchet.models.recipes import Known, Measured, cut_known, measure_fold, try_windows
from ratchet.records.data import Split
from ratchet.records.modelling import Search, TrainingWindow, Trial

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a child process is to do: references only, it reads the rows itself."""

    run: Run
    split: Split
    spec: CandidateSpec
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a child process found of one candidate.

    Attributes:
        folds: how many there are.
        rows: how many rows were used.
        trials: every recipe.
        chosen: the one to take; its predictions are empty where it failed.
    """

    folds: int = 0
    rows: int = 0
    trials: tuple[Trial, ...]
    chosen: Measured


def search(run: Run, split: Split) -> Search:
    """Try the recipes of each candidate on folds, and choose one for each.

    Rows since a change are too few for folds: there validation alone chooses.

    Raises:
        ConfigError: `RATCHET_THREADS` is no number.
        ArtifactError: the split's files are missing or changed.
    """
    if reason := _find_nothing(run, split):
        return Search(folds=0, rows=0, trials=(), chosen=(), reason=reason)
    found = [_try_candidate(run, split, spec) for spec in run.chosen if spec.estimator != BLEND]
    blends = [_try_blend(run, split, spec, found) for spec in run.chosen if spec.estimator == BLEND]
    folds, rows = (max((each.folds for each in found), default=0), max((each.rows for each in found), default=0))
    chosen = (*(each.chosen.trial for each in found if each.folds), *blends)
    trials = (*(trial for each in found for trial in each.trials), *blends)
    done = Search(folds=folds, rows=rows, trials=trials, chosen=chosen, reason=_explain(chosen, folds))
    logger.info("%s %s: %s", run.model, run.run_id, done.reason)
    return done


def _find_nothing(run: Run, split: Split) -> str | None:
    if split.change is not None:
        return "the champion has lost since a change: validation, which is of the rows since, chooses"
    return None if run.config.search.folds else "`search.folds` is 0: validation alone chooses"


def _try_candidate(run: Run, split: Split, spec: CandidateSpec) -> Found:
    job = Assignment(run=run, split=split, spec=spec, threads=read_threads())
    done = run_in_child(try_recipes, job, limit=spec.time_limit, memory=spec.memory_limit)
    if isinstance(done, Lost):
        trial = _fail(spec, done.reason)
        return Found(folds=1, trials=(trial,), chosen=Measured(trial=trial))
    return done


def _fail(spec: CandidateSpec, reason: str) -> Trial:
    parameters = describe_parameters(spec)
    return Trial(candidate=spec.name, parameters=parameters, window=TrainingWindow(), failure=reason)


def try_recipes(job: Assignment) -> Found:
    """Do the work of one child process.

    Raises:
        ArtifactError: the split's files are missing or changed.
    """
    known = read_known(job.run, job.split)
    tried = try_windows(job.spec, known, job.run.config, rows=job.split.train.rows, threads=job.threads)
    return Found(folds=len(known.folds), rows=len(known.frame), trials=tried.every, chosen=tried.chosen)


def _try_blend(run: Run, split: Split, spec: CandidateSpec, found: Sequence[Found]) -> Trial:
    """Weigh the candidates whose probabilities are as they come: a corrected one is another model on the folds."""
    plain = {each.name for each in run.chosen if choose_method(run.config, each) == "none"}
    members = [each.chosen for each in found if each.chosen.predictions and each.chosen.trial.candidate in plain]
    if len(members) < 2:
        return _fail(spec, "there are no two candidates to blend")
    known, best = read_known(run, split), max((each.trial for each in members), key=lambda each: each.score)
    predictions = {each.trial.candidate: each.predictions for each in members}
    blended = weigh(predictions, lambda place, scores: measure_fold(run.config, known, place, scores))
    if blended is None or mean(blended.scores) <= best.score:
        return _fail(spec, f"{best.candidate} alone is as good on the folds")
    parameters = json.dumps(dict(blended.weights))
    return Trial(candidate=spec.name, parameters=parameters, window=TrainingWindow(), scores=blended.scores)


def read_known(run: Run, split: Split) -> Known:
    """Read the rows before the holdout, and cut the folds.

    Raises:
        ArtifactError: the split's files are missing or changed.
    """
    data, segments = run.config.data, run.config.decision.by
    keys = (name for name in (data.group, segments) if name is not None)
    columns = [*dict.fromkeys((*data.features, data.target.column, *keys, data.order_column))]
    home, parts = folder_of(run).home, (split.train, split.validation)
    frame = pd.concat([read_frame(part.file, home, columns) for part in parts], ignore_index=True)
    return cut_known(run.config, frame, classes=split.classes)


def _explain(chosen: Sequence[Trial], folds: int) -> str:
    usable = [each for each in chosen if each.scores]
    if not usable:
        return "no recipe could be measured on folds: validation alone chooses"
    best = max(usable, key=lambda each: each.score)
    return f"{best.candidate} on {best.window} is the best on {folds} folds"
