"""What it costs whatever the work: a run, the quick commands, and one row through a loaded champion.

    python -m benchmarks.fixed_cost [--repeat 5] [--rows 10000 100000]

CPU seconds of a run of four candidates, one thread each, beside bare fit and predict of what it fitted. CPU seconds and
peak memory of each command in a fresh process on a small project with a champion, beside a process that only imports
what any such command is made of; and CPU milliseconds for one row, beside the estimator alone on an array that was
prepared before. Each figure but a run's is the least of several: on a busy machine the others measure the neighbours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec
from ratchet.models import scoring
from ratchet.models.fitting import fit_candidate
from ratchet.models.preprocessing import as_features
from ratchet.models.scoring import score_rows

REPOSITORY = Path(__file__).resolve().parents[1]
ESTIMATORS = ("linear", "elastic_net", "random_forest", "extra_trees", "hist_gradient_boosting", "xgboost")
COMMANDS = (
    ("--help",),
    ("validate",),
    ("schema",),
    ("status",),
    ("trigger", "small", "--reason", "measured", "--key", "measured"),
    ("ledger", "show"),
    ("ledger", "verify"),
)
# In a small process of its own: a child's peak begins with what its parent holds.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
BARE = "import pydantic, rich.console, rich.table, sqlalchemy, typer"
ROWS, CALLS = 4000, 40
AIM_STATUS_SECONDS, AIM_ROW_MS = 1.5, 3.0
AIMS = {10_000: "2.5", 100_000: "1.4", 1_000_000: "1.3"}  # a run of so many rows over bare fit and predict
MODEL = """\
model: small
task: binary
data:
  source: {path: data.csv}
  time: {order: rows}
  target: {column: bought, positive: "1", negative: "0"}
  features:
    {age: numeric, fee: numeric, calls: numeric, visits: numeric, plan: categorical, region: categorical, auto: boolean}
candidates:
  - {name: linear, estimator: linear}
evaluation: {resamples: 200}
schedule: {cron: null}
"""
FOUR = """\
  - {name: forest, estimator: random_forest}
  - {name: boosting, estimator: hist_gradient_boosting}
  - {name: xgboost, estimator: xgboost}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    options = parser.parse_args()
    console = Console(width=110)
    print_runs(console, options.rows)
    with tempfile.TemporaryDirectory(prefix="ratchet-bench-") as folder:
        rows = make_project(Path(folder))
        print_commands(console, Path(folder), options.repeat)
        print_rows(console, rows, load_model(Path(folder, "include/models/small.yaml")), Path(folder), options.repeat)


def print_runs(console: Console, sizes: list[int]) -> None:
    """Print what a run of four candidates costs, over fitting and predicting each once, and over every fit it made."""
    table = Table("a run of rows", "CPU s", "each once", "over it", "every fit", "CPU s", "over it", "aim")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="ratchet-bench-") as folder:
            make_project(Path(folder), size, MODEL.replace("evaluation", f"{FOUR}evaluation", 1))
            environment = environment_of(Path(folder)) | {"RATCHET_THREADS": "1"}
            run = [sys.executable, "-m", "ratchet", "run", "small", "--run-id", "bench"]
            spent = time_process(run, environment)[0]
            bare = [sys.executable, "-m", "benchmarks.bare", f"{folder}/include/models/small.yaml", f"{folder}/var"]
            done = subprocess.run(bare, cwd=REPOSITORY, env=environment, capture_output=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            once, every = found["cpu_seconds"], found["every_cpu_seconds"]
            figures = f"{spent:.1f}", f"{once:.1f}", f"{spent / once:.2f}"
            table.add_row(
                f"{size:,}",
                *figures,
                f"{found['fits']} fits",
                f"{every:.1f}",
                f"{spent / every:.2f}",
                AIMS.get(size, ""),
            )
    console.print(table)


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of commands on a project."""
    place = {"RATCHET_PROJECT": str(folder), "RATCHET_HOME": str(folder / "var"), "COLUMNS": "200"}
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | place


def make_project(folder: Path, count: int = ROWS, model: str = MODEL) -> pd.DataFrame:
    """Lay out a project with a model whose label depends on what is known, and return its rows."""
    random = Random(1)
    rows = pd.DataFrame(
        {
            "age": [random.gauss(40, 10) for _ in range(count)],
            "fee": [random.gauss(10, 3) if random.random() > 0.05 else None for _ in range(count)],
            "calls": [random.randrange(6) for _ in range(count)],
            "visits": [random.randrange(30) for _ in range(count)],
            "plan": random.choices(["basic", "plus", "pro"], k=count),
            "region": random.choices([f"r{each}" for each in range(20)], k=count),
            "auto": random.choices([True, False], k=count),
        }
    )
    rows["bought"] = [int(random.gauss(each, 10) > 40) for each in rows["age"]]
    path = folder / "include" / "models" / "small.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(model)
    rows.to_csv(folder / "data.csv", index=False)
    return rows


def print_commands(console: Console, folder: Path, repeat: int) -> None:
    """Print what each command costs in a process of its own; the first makes the champion."""
    environment = environment_of(folder)
    ratchet = [sys.executable, "-m", "ratchet"]
    run = [time_process([*ratchet, "run", "small"], environment)]
    table = Table("command", "CPU seconds", "MiB", "aim")
    for name, command in (
        ("(a bare process)", [sys.executable, "-c", BARE]),
        *((f"ratchet {' '.join(each)}", [*ratchet, *each]) for each in COMMANDS),
    ):
        measured = [time_process(command, environment) for _ in range(repeat)]
        aim = f"{AIM_STATUS_SECONDS} s" if name == "ratchet status" else ""
        table.add_row(name, f"{min(each[0] for each in measured):.2f}", f"{measured[0][1]:.0f}", aim)
    table.add_row("ratchet run small (once)", f"{run[0][0]:.2f}", f"{run[0][1]:.0f}", "")
    console.print(table)


def time_process(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return the CPU seconds of a process and of those it waited for, and its peak memory in MiB."""
    measuring = [sys.executable, "-c", MEASURE, *command]
    done = subprocess.run(measuring, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode()[-2000:])
    seconds, kibibytes = map(float, done.stdout.split())
    return seconds, kibibytes / 1024


def print_rows(console: Console, rows: pd.DataFrame, config: ModelConfig, folder: Path, repeat: int) -> None:
    """Print what one row costs: by the short way, by the way of a batch, and in the estimator alone."""
    table = Table("one row", "CPU ms", "the way of a batch", "estimator alone", "aim")
    for name in ESTIMATORS:
        pipeline = fit(name, rows, config, folder)
        row = rows.iloc[[ROWS - 1]]
        short = time_calls(lambda: score_rows(pipeline, row, config), repeat)  # noqa: B023 (called at once)
        with long_way():
            long = time_calls(lambda: score_rows(pipeline, row, config), repeat)  # noqa: B023
        prepared = pipeline[:-1].transform(as_features(row, config.data.features))
        alone = time_calls(lambda: pipeline[-1].predict_proba(prepared), repeat)  # noqa: B023
        table.add_row(name, f"{short:.2f}", f"{long:.2f}", f"{alone:.2f}", f"{AIM_ROW_MS:g} ms")
    console.print(table)


def fit(name: str, rows: pd.DataFrame, config: ModelConfig, folder: Path) -> Pipeline:
    """Fit an estimator with its defaults, and load it again as a champion is loaded."""
    spec = CandidateSpec.model_validate({"name": name, "estimator": name})
    threads = os.cpu_count() or 1
    fitted = fit_candidate(spec, rows, config, classes=("0", "1"), seed=1, threads=threads)
    return read_pipeline(write_pipeline(fitted, folder / f"{name}.skops", folder), folder)


@contextmanager
def long_way() -> Iterator[None]:
    """Let a single row be scored as a batch is."""
    few = scoring.FEW
    scoring.FEW = 0
    try:
        yield
    finally:
        scoring.FEW = few


def time_calls(call: Callable[[], object], repeat: int) -> float:
    """Return the CPU milliseconds of a call: the least mean of some rounds."""
    call()
    rounds = []
    for _ in range(repeat):
        began = time.process_time()
        for _ in range(CALLS):
            call()
        rounds.append((time.process_time() - began) / CALLS * 1000)
    return min(rounds)


if __name__ == "__main__":
    main()
