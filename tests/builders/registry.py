"""Homes with a registry in them, small models, and processes that promote, race and die."""

import os
import shutil
import signal
from atexit import register
from collections.abc import Callable
from functools import cache, wraps
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import mkdtemp

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
from ratchet.stages.roll_back import roll_back

MODEL = "sales"
PRELOADED = (  # installed packages only: the server does not know the tests' folder
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "ratchet.stages.promote",
    "ratchet.stages.roll_back",
    "sklearn.dummy",
)
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
    register(shutil.rmtree, folder, ignore_errors=True)
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
    return promote(run, challenger, make_order(against, challenger))


def make_order(against: int | None, challenger: Challenger | None = None) -> Verdict:
    """A verdict that promotes this challenger against this champion."""
    sha256 = challenger.model.sha256 if challenger else None
    name = challenger.name if challenger else "boosting"
    return make_verdict(expected_champion=against, unopposed=against is None, challenger=name, challenger_sha256=sha256)


def processes() -> ForkServerContext:
    """A context whose processes start in milliseconds, because the server they fork from has MLflow loaded."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    # The server hands its own environment to all its children, also to those of later tests: one test's registry
    # must not be in it.
    address = os.environ.pop("MLFLOW_TRACKING_URI", None)
    forkserver.ensure_running()
    if address:
        os.environ["MLFLOW_TRACKING_URI"] = address
    return context


def promote_at_once(barrier: Barrier, answers: "Queue[str]", home: Path, number: int, uri: str | None = None) -> None:
    """Wait for the others, promote against the first champion, and say how it went."""
    os.environ.update({"MLFLOW_TRACKING_URI": uri} if uri else {})
    run, challenger = make_entry(home, number)
    connect(home)
    barrier.wait()
    try:
        answers.put(f"version {promote(run, challenger, make_order(1, challenger)).version}")
    except RatchetError as error:
        answers.put(str(error))


def race(home: Path, numbers: tuple[int, ...], uri: str | None = None) -> list[str]:
    """Let these runs promote against version 1 at the same moment; return what each was told."""
    context = processes()
    barrier, answers = context.Barrier(len(numbers)), context.Queue()
    racers = [context.Process(target=promote_at_once, args=(barrier, answers, home, number, uri)) for number in numbers]
    for racer in racers:
        racer.start()
    told = [answers.get(timeout=120) for _ in racers]
    for racer in racers:
        racer.join()
    return sorted(told)


def die_before(write: int) -> None:
    """Arrange for this process to be killed just before the n-th time that it writes to the registry."""
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


def promote_and_die(write: int, home: Path, number: int, against: int | None) -> None:
    """Promote, and be killed just before the n-th write."""
    die_before(write)
    make_promotion_of(home, number, against=against)


def roll_back_and_die(write: int, home: Path, reason: str, key: str | None = None) -> None:
    """Roll back, and be killed just before the n-th write."""
    die_before(write)
    roll_back(home, MODEL, reason, "ann", key)


def run_to_its_death(target: Callable[..., object], *arguments: object, after: float | None = None) -> int | None:
    """Run a function in a process of its own, killed after so many seconds if any; return its exit code."""
    process = processes().Process(target=target, args=arguments)
    process.start()
    process.join(after)
    process.kill()
    process.join()
    return process.exitcode


def promote_against(home: Path, number: int, against: int | None) -> None:
    """Promote, with arguments that a process can be given."""
    make_promotion_of(home, number, against=against)
