"""Homes with a registry in them, small models, and processes that promote, race and die."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import cache, wraps
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import mkdtemp

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before MLflow is imported

import numpy as np
from mlflow import MlflowClient
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from builders.records import make_challenger, make_verdict
from builders.runs import make_run
from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.files import refer_to
from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.records.judgement import Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion
from ratchet.registry.client import connect
from ratchet.stages.promote import promote

MODEL = "sales"
WRITES = (
    "create_experiment",
    "create_registered_model",
    "create_run",
    "log_artifacts",
    "create_model_version",
    "set_model_version_tag",
    "set_registered_model_tag",
    "set_registered_model_alias",
)


def make_home(folder: Path) -> Path:
    """A home with an empty registry: copied, because MLflow takes seconds to make one."""
    home = folder / "home"
    home.mkdir(parents=True)
    shutil.copyfile(_template(), home / "mlflow.db")
    return home


@cache
def _template() -> Path:
    folder = Path(mkdtemp(prefix="ratchet-registry-"))
    connect(folder)
    return folder / "mlflow.db"


def make_entry(home: Path, number: int, **changes: object) -> tuple[Run, Challenger]:
    """Run `run-<number>` with a fitted challenger of its own, which is the same one when it is asked for again."""
    run = make_run(home, run_id=f"run-{number}", **changes)
    path = home / "runs" / MODEL / run.run_id / "candidates" / "boosting.skops"
    if path.is_file():
        return run, make_challenger(model=refer_to(path, home))
    model = Pipeline([("model", DummyClassifier(strategy="constant", constant=number))])
    model.fit(np.zeros((2, 1)), [0, number])
    return run, make_challenger(model=write_pipeline(model, path, home))


def make_promotion_of(home: Path, number: int, *, against: int | None, **changes: object) -> Promotion:
    """Promote the challenger of run `run-<number>`."""
    run, challenger = make_entry(home, number, **changes)
    return promote(run, challenger, make_order(against))


def make_order(against: int | None) -> Verdict:
    """A verdict that promotes against this champion."""
    return make_verdict(expected_champion=against, unopposed=against is None)


def processes() -> ForkServerContext:
    """A context whose processes start in milliseconds, because the server they fork from has MLflow loaded."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["builders.registry"])
    return context


def promote_at_once(barrier: Barrier, answers: "Queue[str]", home: Path, number: int) -> None:
    """Wait for the others, promote against the first champion, and say how it went."""
    run, challenger = make_entry(home, number)
    connect(home)
    barrier.wait()
    try:
        answers.put(f"version {promote(run, challenger, make_order(1)).version}")
    except RatchetError as error:
        answers.put(str(error))


def promote_and_die_before(write: int, home: Path, number: int, against: int | None) -> None:
    """Promote, and be killed just before the n-th time that something is written to the registry."""
    written = iter(range(1, 1000))

    def dying(method: Callable[..., object]) -> Callable[..., object]:
        @wraps(method)
        def call(*arguments: object, **options: object) -> object:
            if next(written) == write:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*arguments, **options)

        return call

    for name in WRITES:
        setattr(MlflowClient, name, dying(getattr(MlflowClient, name)))
    make_promotion_of(home, number, against=against)


def run_until_killed(home: Path, number: int, *, against: int | None, seconds: float) -> None:
    """Promote in a process that is killed after a while, wherever it is then."""
    process = processes().Process(target=make_promotion_of, args=(home, number), kwargs={"against": against})
    process.start()
    time.sleep(seconds)
    process.kill()
    process.join()
