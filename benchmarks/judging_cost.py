"""What judging costs: seconds of every stage beside the run's, and the memory of the judging stages.

    python -m benchmarks.judging_cost [--model tests/models/diabetes130.yaml]

Two runs in one process: the first makes a champion, the second faces it with every gate. Shares are of the second.
Memory is that of each judging stage in a process of its own, above what that process holds with its libraries; it is
read beside twice the holdout as a frame plus challenger and champion as loaded.
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
from datetime import UTC, datetime
from importlib import import_module
from inspect import signature
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.overhead import REPOSITORY, make_project
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import RunFolder, find_record
from ratchet.config.load import load_model
from ratchet.config.run import Run
from ratchet.config.settings import Settings, keep_quiet
from ratchet.models.group import list_below, read_memory
from ratchet.models.serving_cost import CLEAR, RESET_PEAK
from ratchet.pipelines.in_process import RunResult, retrain
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport, Split
from ratchet.records.judgement import Evaluation
from ratchet.records.leakage import Audit
from ratchet.records.modelling import Challenger
from ratchet.records.serving_cost import ServingCosts
from ratchet.registry.champion import find_champion

JUDGING = ("audit", "evaluate", "measure_behaviour", "measure_serving_cost", "decide")
AIM = 0.25  # of the run's wall time
MEGABYTE = 1e6
LOOK_SECONDS = 0.002  # between two looks at a child's peak, which it starts anew before each batch
RECORDS: dict[str, tuple[str, type]] = {  # by parameter of a stage: the file in the run folder, and what is in it
    "run": ("run", Run),
    "split": ("split", Split),
    "challenger": ("select", Challenger),
    "data_report": ("check", DataReport),
    "evaluation": ("evaluate", Evaluation),
    "audit": ("audit", Audit),
    "behaviour": ("measure_behaviour", Behaviour),
    "serving_costs": ("measure_serving_cost", ServingCosts),
}
Record = TypeVar("Record")


def main() -> None:
    """Measure and print; with `--stage` be the process that measures one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=REPOSITORY / "tests" / "models" / "diabetes130.yaml")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--stage", nargs=2, metavar=("STAGE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    keep_quiet()
    if options.stage:
        print(json.dumps(measure_stage(options.stage[0], Path(options.stage[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="ratchet-bench-") as folder:
        compare(make_project(Path(folder), options.model, options.data), options.model.stem)


def compare(settings: Settings, model: str) -> None:
    """Run twice, then measure the memory of each judging stage of the second run."""
    console = Console(width=110)
    os.environ.setdefault("RATCHET_THREADS", str(os.cpu_count() or 1))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as our Airflow sets it: threads that wait don't spin
    for run_id in ("first", "second"):
        times: dict[str, float] = {}
        began = time.perf_counter()
        result = run_stages(settings, model, run_id, times)
        seconds = time.perf_counter() - began
        console.print(f"{run_id} run: {result.verdict.reason}")
    print_times(console, seconds, times)
    folder = RunFolder(settings.home, settings.home / "runs" / model / "second")
    print_memory(console, folder, {stage: measure_apart(stage, folder.path) for stage in JUDGING})


def run_stages(settings: Settings, model: str, run_id: str, times: dict[str, float]) -> RunResult:
    """Run every stage in this process and note how long each took."""

    @contextmanager
    def watch(step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        times[step] = time.perf_counter() - began

    config = load_model(settings.models / f"{model}.yaml")
    facts = {"project": settings.project, "home": settings.home, "started": datetime.now(UTC)}
    return retrain(Run(config=config, run_id=run_id, **facts), watch, person="benchmark")


def measure_apart(stage: str, folder: Path) -> dict[str, float]:
    """Measure a stage in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.judging_cost", "--stage", stage, str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_stage(stage: str, path: Path) -> dict[str, float]:
    """Repeat a stage of a finished run: seconds, and bytes above what this process held before."""
    folder = RunFolder(path.parents[2], path)
    work: Callable[..., object] = getattr(import_module(f"ratchet.stages.{stage}"), stage)
    arguments = {name: read(folder, *RECORDS[name]) for name in signature(work).parameters}
    find_champion(folder.home, path.parent.name)  # the registry's libraries are loaded when it is first asked
    before = read_memory("VmRSS") or 0
    CLEAR.write_text(RESET_PEAK)
    began = time.perf_counter()
    with children_watched() as highest:
        record = work(**arguments)
    seconds = time.perf_counter() - began
    peak = (read_memory("VmHWM") or 0) - before
    if isinstance(record, ServingCosts):  # what is weighed is in a child, whose own libraries are not the models'
        peak = max(peak, max(highest) - (record.process_bytes or 0))
    return {"seconds": seconds, "peak": peak}


@contextmanager
def children_watched() -> Iterator[list[int]]:
    """Collect the peaks of this process's children; not from `ru_maxrss`, where a child begins with its parent's."""
    highest, over = [0], Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            highest.extend(read_memory("VmHWM", pid=child) or 0 for child in list_below(os.getpid()))

    thread = Thread(target=look)
    thread.start()
    try:
        yield highest
    finally:
        over.set()
        thread.join()


def read(folder: RunFolder, name: str, kind: type[Record]) -> Record:
    """Read a record that must be there."""
    record = find_record(folder, name, kind)
    if record is None:
        raise SystemExit(f"the run left no {name}.json")
    return record


def print_times(console: Console, total: float, times: dict[str, float]) -> None:
    """Print where the second run's time went, and judging's share of it beside the aim."""
    table = Table("stage", "seconds", "share of the run", title="Time, second run")
    for step, seconds in times.items():
        table.add_row(step, f"{seconds:.2f}", f"{seconds / total:.1%}", style="bold" if step in JUDGING else "")
    judging = sum(times[step] for step in JUDGING)
    table.add_section()
    table.add_row("judging", f"{judging:.2f}", f"{judging / total:.1%} (aim {AIM:.0%})", style="bold")
    table.add_row("the run", f"{total:.2f}", "100.0%")
    console.print(table)


def print_memory(console: Console, folder: RunFolder, found: dict[str, dict[str, float]]) -> None:
    """Print each judging stage's peak beside what it may take."""
    split, serving_costs = read(folder, "split", Split), read(folder, "measure_serving_cost", ServingCosts)
    holdout = float(read_frame(split.holdout.file, folder.home).memory_usage(deep=True).sum())
    weights = (serving_costs.challenger, serving_costs.champion)
    models = sum(each.resident_bytes or 0 for each in weights if each)
    limit = 2 * holdout + models
    table = Table(
        "stage", "peak above the start, MB", f"of {limit / MEGABYTE:.0f} MB", title="Memory, each stage apart"
    )
    for stage, figures in found.items():
        table.add_row(stage, f"{figures['peak'] / MEGABYTE:.1f}", f"{figures['peak'] / limit:.0%}")
    console.print(table)
    console.print(
        f"{limit / MEGABYTE:.0f} MB is twice the holdout ({holdout / MEGABYTE:.1f} MB as a frame) plus both models "
        f"({models / MEGABYTE:.1f} MB)"
    )


if __name__ == "__main__":
    main()
