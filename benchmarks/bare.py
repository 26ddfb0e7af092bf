"""Measured by `benchmarks.overhead` and `benchmarks.fixed_cost`: fit and predict of what a run has, and nothing else.

Each candidate once on the run's split, with its parameters of the YAML; then every fit that the run has made: each
recipe on each fold, each candidate as it was chosen, and the challenger on all rows.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import RunFolder, find_record
from ratchet.config.load import load_model
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.models.fitting import fit_candidate
from ratchet.models.recipes import cut_fold_rows, measure_recipe, settle, settle_candidate
from ratchet.models.scoring import score_rows
from ratchet.records.data import Split
from ratchet.records.modelling import Challenger, Search

config = load_model(Path(sys.argv[1]))
home = Path(sys.argv[2])
folder = RunFolder(home, home / "runs" / config.model / "bench")
split, search = find_record(folder, "split", Split), find_record(folder, "search", Search)
challenger = find_record(folder, "select", Challenger)
if split is None or search is None or challenger is None:
    raise SystemExit("the run left no split, search or challenger")
classes = split.classes
train, validation, holdout = (read_frame(part.file, home) for part in (split.train, split.validation, split.holdout))
threads = int(os.environ.get("RATCHET_THREADS") or os.cpu_count() or 1)


def fit_and_predict(spec: CandidateSpec, rows: pd.DataFrame, *judging: pd.DataFrame) -> None:
    seed = config.schedule.seed
    pipeline = fit_candidate(spec, rows, settled, classes=classes, seed=seed, threads=threads)
    for each in judging:
        score_rows(pipeline, each, config)


settled = config
began, cpu_began = time.perf_counter(), time.process_time()
for each in config.candidates:
    if each.estimator != BLEND:
        fit_and_predict(each, train, validation, holdout)
once = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu_began}

settled = settle(config, search.chosen)
by_name = {each.name: each for each in config.candidates}
tried = [each for each in search.trials if each.scores and by_name[each.name].estimator != BLEND]
lost = {each.name for each in search.chosen if each.failure}
cpu_began = time.process_time()
known = cut_fold_rows(config, pd.concat([train, validation], ignore_index=True), classes=classes)
for trial in tried:
    newest = replace(known, folds=known.folds[-len(trial.scores) :])  # after which it may have been given up
    measure_recipe(settle_candidate(by_name[trial.name], trial), newest, config, threads=threads)
for each in settled.candidates:
    if each.name not in lost:
        fit_and_predict(each, train, validation, holdout)
every_row = pd.concat([train, validation, holdout], ignore_index=True)
fit_and_predict(next(each for each in settled.candidates if each.name == challenger.name), every_row)
fits = sum(len(each.scores) for each in tried) + len(settled.candidates) - len(lost) + 1
print(json.dumps(once | {"every_cpu_seconds": time.process_time() - cpu_began, "fits": fits}))
