"""Measured by `benchmarks.overhead`: every stage of a run in this one process, its imports included."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

BEGAN = time.perf_counter()

from ratchet.config.load import load_model  # noqa: E402
from ratchet.config.run import Run  # noqa: E402
from ratchet.config.settings import read_settings  # noqa: E402
from ratchet.pipelines.in_process import retrain  # noqa: E402 (imports are part of what is measured)

settings = read_settings()
run = Run(
    config=load_model(Path(sys.argv[1])),
    project=settings.project,
    home=settings.home,
    run_id="bench",
    started=datetime.now(UTC),
)
retrain(run, person="benchmark")
print(json.dumps({"seconds": time.perf_counter() - BEGAN}))
