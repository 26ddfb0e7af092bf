"""What the pipeline costs: a DAG run over the same stages in one process, and over bare fit and predict.

    python -m benchmarks.overhead [--model tests/models/diabetes130.yaml]

Everything is measured in one run of this file, on the same data and the same split, so the ratios hold on a busy
machine when the seconds don't. The rest of the DAG run's time is listed by task, with what lies between tasks.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ratchet.config.settings import Settings
from ratchet.local.airflow import local_airflow
from ratchet.local.api import TaskState
from ratchet.local.environment import airflow_environment, make_site
from ratchet.local.processes import find_free_port

REPOSITORY = Path(__file__).resolve().parents[1]
AIM_OVER_STAGES, AIM_OVER_BARE = 1.5, 3.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=REPOSITORY / "tests" / "models" / "diabetes130.yaml")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ratchet-bench-") as folder:
        project = make_project(Path(folder), options.model, options.data)
        console = Console(width=110)
        run_seconds, tasks = time_dag_run(project, options.model.stem)
        stages_seconds = time_child(project, "benchmarks.in_process", options.model.stem)
        bare_seconds = time_child(project, "benchmarks.bare", options.model.stem)
        print_ratios(console, run_seconds, stages_seconds, bare_seconds)
        print_tasks(console, run_seconds, tasks)


def make_project(folder: Path, model: Path, data: Path) -> Settings:
    """Lay out a project with one model and this checkout's DAGs."""
    models = folder / "include" / "models"
    models.mkdir(parents=True)
    shutil.copy(model, models / model.name)
    shutil.copytree(REPOSITORY / "dags", folder / "dags")
    (folder / "data").symlink_to(data.resolve())
    return Settings(project=folder, home=folder / "var")


def time_dag_run(settings: Settings, model: str) -> tuple[float, list[TaskState]]:
    """Return the wall time of one DAG run, from the click to its end, and its tasks."""
    dag = f"{model}.retrain"
    with local_airflow(make_site(settings, find_free_port())) as api:
        api.wait_for_dag(dag, timeout_seconds=90)
        api.unpause(dag)
        began = time.perf_counter()
        api.trigger(dag, "bench")
        state = api.wait_for_run(dag, "bench", timeout_seconds=900)
        seconds = time.perf_counter() - began
        if state != "success":
            raise SystemExit(f"the DAG run ended {state}: {api.tasks(dag, 'bench')}")
        return seconds, api.tasks(dag, "bench")


def time_child(settings: Settings, module: str, model: str) -> float:
    """Return the wall time that a measuring module prints, in a fresh process and a fresh home."""
    home = settings.home.with_name(f"var-{module.rpartition('.')[2]}")
    environment = airflow_environment(make_site(Settings(project=settings.project, home=home), 0))
    environment["RATCHET_THREADS"] = str(os.cpu_count() or 1)  # one candidate after the other: each has all cores
    command = [sys.executable, "-m", module, str(settings.models / f"{model}.yaml"), str(settings.home)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def print_ratios(console: Console, run: float, stages: float, bare: float) -> None:
    """Print the two ratios beside what they aim at."""
    table = Table("what", "seconds", "DAG run over it", "aim")
    table.add_row("DAG run, from the click to its end", f"{run:.1f}", "1.00", "")
    table.add_row(
        "the same stages in one process, imports included", f"{stages:.1f}", f"{run / stages:.2f}", f"{AIM_OVER_STAGES}"
    )
    table.add_row("bare fit and predict of the same candidates", f"{bare:.1f}", f"{run / bare:.2f}", f"{AIM_OVER_BARE}")
    console.print(table)


def print_tasks(console: Console, run: float, tasks: list[TaskState]) -> None:
    """Print where the DAG run's time went."""
    table = Table("task", "seconds", "share of the run")
    for each in sorted(tasks, key=lambda task: -(task.seconds or 0)):
        seconds = each.seconds or 0.0
        table.add_row(f"{each.task} {each.label}".strip(), f"{seconds:.1f}", f"{seconds / run:.0%}")
    console.print(table)


if __name__ == "__main__":
    main()
