"""Measured by `benchmarks.overhead`: fit and predict of the same candidates on the same split, and nothing else."""

import json
import os
import sys
import time
from pathlib import Path

from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import RunFolder, find_record
from ratchet.config.load import load_model
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows
from ratchet.records.data import Split

config = load_model(Path(sys.argv[1]))
home = Path(sys.argv[2])
split = find_record(RunFolder(home, home / "runs" / config.model / "bench"), "split", Split)
if split is None:
    raise SystemExit("the DAG run left no split")
train, validation, holdout = (read_frame(part.file, home) for part in (split.train, split.validation, split.holdout))
threads = os.cpu_count() or 1
began = time.perf_counter()
for spec in config.candidates:
    pipeline = fit_candidate(spec, train, config, classes=split.classes, seed=config.schedule.seed, threads=threads)
    score_rows(pipeline, validation, config)
    score_rows(pipeline, holdout, config)
print(json.dumps({"seconds": time.perf_counter() - began}))
