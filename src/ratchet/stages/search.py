"""Try recipes on folds before candidates are trained: rows to learn, settings, and how to blend them."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, cast

import pandas as pd

from ratchet.artifacts.past_runs import PastSettings, find_settings
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import BLEND, CandidateSpec, SearchPlan
from ratchet.models.candidates import describe_parameters
from ratchet.models.catalogue import list_ranges
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.recipes import (
    FitJob,
    FoldRows,
    Measured,
    Tried,
    choose_setting,
    cut_fold_rows,
    failed_trial,
    list_members,
    measure_recipe,
    read_part,
    settle_candidate,
    try_blend,
    try_windows,
)
from ratchet.models.refreshing import resume
from ratchet.models.starts import find_refreshes
from ratchet.records.data import Split
from ratchet.records.modelling import Refresh, Search, Trial
from ratchet.registry.champion import find_champion

if TYPE_CHECKING:
    from ratchet.models.tuning import Study

logger = logging.getLogger(__name__)

FITS_THAT_FOLLOW = 3.0  # of each candidate, in fits on a fold: of all training rows, and of what is promoted


def search(run: Run, split: Split) -> Search:
    """Try the recipes of each candidate on folds, and choose one for each.

    Rows since a change are too few for folds: there validation alone chooses.

    Raises:
        ConfigError: `RATCHET_THREADS` is no number.
        ArtifactError: the split's files are missing or changed.
        RegistryError: the registry can't be read.
    """
    refreshes = find_refreshes(run, split)
    if reason := _find_nothing(run, split):
        return Search(trials=(), chosen=(), reason=reason, refreshes=refreshes)
    run = run.model_copy(update={"config": resume(run.config, refreshes)})
    began, champion = time.monotonic(), find_champion(run.home, run.model)
    past = find_settings(run, made_by=champion.run_id if champion else None)
    tried = [_try_candidate(run, split, spec, refreshes) for spec in run.chosen if spec.estimator != BLEND]
    if run.config.search.has_trials:
        tried = _try_settings(run, split, tried, past, began=began)
    blends = _try_blends(run, split, [each.chosen for each in tried])
    trials = (*(trial for each in tried for trial in each.every), *blends)
    chosen = tuple(each for each in (*(each.chosen.trial for each in tried), *blends) if each.scores or each.failure)
    reason, recipe = _explain(chosen), past.champion.recipe if past.champion else {}
    done = Search(trials=trials, chosen=chosen, reason=reason, refreshes=refreshes, champion=recipe)
    logger.info("%s %s: %s", run.model, run.run_id, done.reason)
    return done


def _find_nothing(run: Run, split: Split) -> str | None:
    if split.change is not None:
        return "the champion has lost since a change: validation, which is of the rows since, chooses"
    return None if run.config.search.folds else "`search.folds` is 0: validation alone chooses"


def _try_candidate(run: Run, split: Split, spec: CandidateSpec, refreshes: Sequence[Refresh]) -> Tried:
    refresh = next((each for each in refreshes if each.name == spec.name), None)
    job = FitJob(run=run, split=split, spec=spec, threads=read_threads(), refresh=refresh)
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
    unlearnt = job.refresh.unlearnt if job.refresh else None
    known = replace(read_fold_rows(job.run, job.split), unlearnt=unlearnt or 0.0)
    return try_windows(job.spec, known, job.run.config, rows=job.split.train.rows, threads=job.threads)


def _try_settings(run: Run, split: Split, tried: Sequence[Tried], past: PastSettings, *, began: float) -> list[Tried]:
    """Try settings of the candidates' parameters as long as the YAML lets, and choose again."""
    specs = {each.name: each for each in run.chosen}
    known = [each.chosen.trial for each in tried if each.chosen.trial.scores]
    settled = (settle_candidate(specs[each.name], each) for each in known)
    may_vary = [each for each in settled if each.refresh == "full" and list_ranges(each, run.config.task)]
    if not may_vary:
        return [*tried]
    begin = cast("type[Study]", import_module("ratchet.models.tuning").Study)  # most runs do without Optuna
    study = begin(may_vary, run.config.task, measured=known, seed=run.config.schedule.seed)
    plan, found = run.config.search, list[Measured]()
    study.begin_with([*past.champions.items()], past.trials)
    while len(found) < (plan.trials or math.inf) and (left := _count_seconds(plan, known, began)) > 0:
        asked, spec = study.ask()
        is_champions = describe_parameters(spec) == past.champions.get(spec.name)
        floors = () if is_champions else study.find_floors()  # what is trusted is measured on every fold
        found.append(_measure(run, split, spec, floors, left))
        study.tell(asked, found[-1].trial)
    return [_choose(each, found, past.champions) for each in tried]


def _count_seconds(plan: SearchPlan, known: Sequence[Trial], began: float) -> float:
    """Return what is left of the budget; what the candidates' fits on a fold took is kept for those that follow."""
    if plan.budget is None:
        return math.inf
    kept = FITS_THAT_FOLLOW * sum(each.seconds / len(each.scores) for each in known)
    return plan.budget.total_seconds() - kept - (time.monotonic() - began)


def _measure(run: Run, split: Split, spec: CandidateSpec, floors: tuple[float, ...], left: float) -> Measured:
    job = FitJob(run=run, split=split, spec=spec, threads=read_threads(), floors=floors)
    limit = timedelta(seconds=min(spec.time_limit.total_seconds(), left))
    done = run_in_child(try_setting, job, limit=limit, memory=spec.memory_limit)
    return Measured(trial=failed_trial(spec, done.reason)) if isinstance(done, Lost) else done


def try_setting(job: FitJob) -> Measured:
    """Do the work of one child process.

    Raises:
        ArtifactError: the split's files are missing or changed.
    """
    known = read_fold_rows(job.run, job.split)
    return measure_recipe(job.spec, known, job.run.config, threads=job.threads, floors=job.floors)


def _choose(tried: Tried, found: Sequence[Measured], champion: Mapping[str, str]) -> Tried:
    """Choose again for one candidate."""
    first = tried.chosen.trial
    own = [each for each in found if each.trial.name == first.name]
    whole = [each for each in own if not each.trial.failure]
    every = (*tried.every, *(each.trial for each in own))
    if first.failure or not whole:
        return Tried(every=every, chosen=tried.chosen)
    held = [each.trial for each in whole if each.trial.parameters == champion.get(first.name)]
    best = choose_setting([*held, first], [each.trial for each in whole])
    return Tried(every=every, chosen=next(each for each in (tried.chosen, *whole) if each.trial is best))


def _try_blends(run: Run, split: Split, tried: Sequence[Measured]) -> list[Trial]:
    wanted = [spec for spec in run.chosen if spec.estimator == BLEND]
    if not wanted:
        return []
    members, known = list_members(run.config, tried), read_fold_rows(run, split)
    return [try_blend(spec, members, known, run.config) for spec in wanted]


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
