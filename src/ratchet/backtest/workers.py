"""The parts of a replay that can be made side by side: what they need is in the replay's folder, not in memory."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Self, TypeVar

from pydantic import TypeAdapter

from ratchet.backtest.facts import Facts
from ratchet.backtest.history import History, find_change, read_history
from ratchet.backtest.past_models import make_past_model
from ratchet.backtest.replaying import World, replay
from ratchet.backtest.schedules import RetrainingSchedule
from ratchet.backtest.store import Store, model_name
from ratchet.config.run import Run
from ratchet.config.settings import keep_quiet
from ratchet.errors import ArtifactError, RatchetError
from ratchet.models.child import die_with_parent
from ratchet.records.backtest import PastModel, Track
from ratchet.records.data import Table

JOB = "job"
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a replay is of.

    Attributes:
        run: the run whose config and home are used.
        table: the snapshot.
    """

    run: Run
    table: Table


@lru_cache(maxsize=1)
def open_history(folder: str) -> tuple[Run, History]:
    """Read what a replay is of; a process does so once."""
    job = Store(Path(folder)).find(JOB, Job)
    if job is None:
        raise ArtifactError(f"{folder}: the replay's job is missing or damaged; run the backtest again")
    return job.run, read_history(job.run, job.table)


@lru_cache(maxsize=1)
def open_facts(folder: str) -> Facts:
    """Return what schedules may ask about; answers stay in memory as well."""
    return Facts(open_history(folder)[1], Store(Path(folder)))


def make_model(folder: str, period: int) -> None:
    """Make the model of one period, unless it is there."""
    store = Store(Path(folder))
    if store.find(model_name(period), PastModel) is not None:
        return
    run, history = open_history(folder)
    since = find_change(history, store.read_scores(0).served, period) if period else None
    model, scores = make_past_model(run, history, period, since=since)
    if scores is not None:
        store.keep_scores(period, scores)
    store.keep(model_name(period), model)  # last: where it is, the predictions are


def follow(folder: str, schedules: tuple[RetrainingSchedule, ...]) -> Track:
    """Replay one schedule, unless that was done; one stands for all periods."""
    store = Store(Path(folder))
    name = f"tracks/{sha256(TypeAdapter(tuple[RetrainingSchedule, ...]).dump_json(schedules)).hexdigest()[:16]}"
    track = store.find(name, Track)
    if track is None:
        facts = open_facts(folder)
        timeline, alerts = facts.history.timeline, facts.history.config.monitoring.alerts
        each = schedules if len(schedules) > 1 else schedules * timeline.periods
        track = replay(each, World(timeline=timeline, known=facts, alerts=alerts))
        store.keep(name, track)
    return track


class Workers:
    """Processes that do parts side by side; one alone works in this process."""

    def __init__(self, processes: int) -> None:
        """Start none yet."""
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            # forked ones would hold copies of locks that threads of this process have
            self._pool = ProcessPoolExecutor(
                processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
            )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, error: type[BaseException] | None, *_rest: object) -> None:
        """Let go of what has not begun and, after an error or an interrupt, of what has: it is made again."""
        if self._pool is None:
            return
        if error is not None:
            for child in active_children():
                child.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def do(
        self, work: Callable[..., Done], parts: Iterable[tuple[object, ...]], done: Callable[[], None]
    ) -> list[Done]:
        """Do the parts and return what they give, in their order; the first error ends it all.

        Args:
            work: a function that other processes can import.
            parts: its arguments, part by part.
            done: called after each.

        Raises:
            RatchetError: a process was killed.
        """
        if self._pool is None:
            return list(_in_turn(work, parts, done))
        try:
            with _uninterrupted():
                futures = [self._pool.submit(work, *part) for part in parts]
            return _wait_for(futures, done)
        except BrokenProcessPool as error:
            raise RatchetError(
                "a process of the replay was killed (out of memory?); set RATCHET_THREADS to fewer, and ask again: "
                "what was done is kept"
            ) from error


def _wait_for(futures: list[Future[Done]], done: Callable[[], None]) -> list[Done]:
    for future in as_completed(futures):
        future.result()
        done()
    return [future.result() for future in futures]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes that no Ctrl-C reaches, or each would print a traceback: this one hears it and ends them.

    Another thread of this process may take the signal, whatever this one blocks: it is kept until all are started.
    """
    heard: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number)) if is_main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if is_main:
            signal.signal(signal.SIGINT, handler)
    if heard:
        raise KeyboardInterrupt


def _in_turn(
    work: Callable[..., Done], parts: Iterable[tuple[object, ...]], done: Callable[[], None]
) -> Iterator[Done]:
    for part in parts:
        yield work(*part)
        done()


def _begin(parent: int) -> None:
    keep_quiet()
    die_with_parent(parent)
