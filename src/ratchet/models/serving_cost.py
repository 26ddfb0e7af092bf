"""What a model takes to load and to score with: raw readings, made in a process that holds nothing else.

Challenger and champion take turns call by call, so that a busy machine hurts both alike, and the clock stands still
while other processes have the processor. One row is one call of `score_rows` on a frame of one row, as a service would
make it: a batch divided by its rows says nothing about that, because most of a single call is the same whatever the
rows.
"""

import ctypes
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_evenly
from ratchet.config.model import ModelConfig
from ratchet.errors import RatchetError
from ratchet.models.group import read_memory
from ratchet.models.scoring import score_rows
from ratchet.records.files import FileRef

Scorer = Callable[[pd.DataFrame], object]

KEPT_ROWS = 5_000  # of the holdout: enough for any batch here
FEWEST_CALLS = 6  # of each model, however slow: with so many a median has a bound
WARM_UP = 2  # single calls that are not counted: caches fill, libraries finish what they put off
MIN_CALLS = 20  # the same, if twice the time is enough for them: the fewest that a 95 % quantile means something on
TRIAL_ROWS = 500  # first batch, which says how large the timed one can be
BATCH_SECONDS = 0.12
NANOSECONDS = 1e9  # of a second
CLEAR = Path("/proc/self/clear_refs")
WAITED = Path("/proc/thread-self/schedstat")  # proc(5): its second figure is the time spent waiting for a processor
RESET_PEAK = "5"  # proc(5): the peak of resident memory starts again from what is held now


@dataclass(frozen=True, slots=True, kw_only=True)
class CostMeasurement:
    """What a fresh process is to do.

    Attributes:
        config: the model's YAML.
        home: what paths start from.
        rows: the holdout's file.
        models: name and file of each model.
        seconds: for the calls on single rows, of all models together.
    """

    config: ModelConfig
    home: Path
    rows: FileRef
    models: tuple[tuple[str, FileRef], ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read off for one model.

    Attributes:
        load_seconds: reading and verifying its file.
        resident_bytes: memory that it holds once loaded; None where the system does not tell.
        scratch_bytes: what scoring a batch takes on top.
        batch_rows: rows of the timed batch.
        batch_seconds: how long it took.
        call_seconds: each call on a single row.
        problem: why something could not be read off, one sentence.
    """

    load_seconds: float | None = None
    resident_bytes: int | None = None
    scratch_bytes: int | None = None
    batch_rows: int = 0
    batch_seconds: float | None = None
    call_seconds: tuple[float, ...] = ()
    problem: str | None = None


def measure_models(job: CostMeasurement) -> tuple[int | None, dict[str, Reading]]:
    """Load and time every model; return the memory of the process before, and a reading a model.

    Raises:
        ArtifactError: the rows are missing, changed or damaged.
    """
    # Every estimator's library is there before memory is read: the first model would be charged for them otherwise.
    import_module("ratchet.models.catalogue")
    frame = read_evenly(job.rows, job.home, list(job.config.data.features), at_most=KEPT_ROWS)
    before = read_memory("VmRSS")
    readings: dict[str, Reading] = {}
    scorers: dict[str, Scorer] = {}
    for name, file in job.models:
        pipeline, readings[name] = _load(file, job.home)
        if pipeline is not None:
            scorers[name] = partial(_score, pipeline, job.config)
    with threadpool_limits(limits=1):  # what one core gives, on any machine
        return before, readings | time_scorers(scorers, readings, frame, job.seconds)


def time_scorers(
    scorers: Mapping[str, Scorer], readings: Mapping[str, Reading], frame: pd.DataFrame, seconds: float
) -> dict[str, Reading]:
    """Time batches and single rows; a model that can't score the rows gets a problem instead of times."""
    timed: dict[str, Reading] = {}
    for name, score in scorers.items():
        try:
            timed[name] = _time_batches(score, frame, readings[name])
        except RatchetError as error:
            timed[name] = replace(readings[name], problem=f"it can't score these rows: {' '.join(str(error).split())}")
    able = {name: scorers[name] for name in timed if timed[name].problem is None}
    for name, calls in time_calls(able, frame, seconds).items():
        timed[name] = replace(timed[name], call_seconds=tuple(calls))
    return timed


def time_calls(scorers: Mapping[str, Scorer], frame: pd.DataFrame, seconds: float) -> dict[str, list[float]]:
    """Time calls on single rows, in turns, for about so many seconds in all."""
    calls: dict[str, list[float]] = {name: [] for name in scorers}
    if not scorers:
        return calls
    began = time.perf_counter()
    _warm_up(scorers, frame)
    order = list(scorers)
    while _goes_on(time.perf_counter() - began, seconds, min(map(len, calls.values()))):
        for name in order:
            calls[name] += _time_block(scorers[name], frame, [len(calls[name])])
        order.reverse()  # who comes second in one round comes first in the next
    return calls


def _warm_up(scorers: Mapping[str, Scorer], frame: pd.DataFrame) -> None:
    for score in scorers.values():
        _time_block(score, frame, range(WARM_UP))


def _goes_on(spent: float, seconds: float, fewest: int) -> bool:
    return spent < seconds or fewest < FEWEST_CALLS or (fewest < MIN_CALLS and spent < 2 * seconds)


def _time_block(score: Scorer, frame: pd.DataFrame, calls: Sequence[int]) -> list[float]:
    taken = []
    for call in calls:
        place = call % len(frame)
        row = frame.iloc[place : place + 1]
        began = read_clock()
        score(row)
        taken.append(read_clock() - began)
    return taken


def read_clock() -> float:
    """Return seconds on a clock that stands still while this thread waits for a processor that others have.

    What a model itself waits for counts, where the system tells the two apart; else the seconds are those computed.
    """
    try:
        waited = int(WAITED.read_text().split()[1]) / NANOSECONDS
    except (OSError, ValueError, IndexError):
        return time.process_time()
    return time.perf_counter() - waited


def _time_batches(score: Scorer, frame: pd.DataFrame, reading: Reading) -> Reading:
    trial = frame.iloc[:TRIAL_ROWS]
    score(trial.iloc[:1])
    began = read_clock()
    score(trial)
    rows = min(int(len(trial) * BATCH_SECONDS / max(read_clock() - began, 1e-9)), len(frame))
    batch = frame.iloc[: max(rows, 1)]
    can_reset = _forget_peak()
    held = read_memory("VmRSS")
    began = read_clock()
    score(batch)
    taken = read_clock() - began
    peak = read_memory("VmHWM") if can_reset else None
    scratch = None if peak is None or held is None else max(peak - held, 0)
    return replace(reading, batch_rows=len(batch), batch_seconds=taken, scratch_bytes=scratch)


def _load(file: FileRef, home: Path) -> tuple[Pipeline | None, Reading]:
    _give_back()
    before, began = read_memory("VmRSS"), read_clock()
    try:
        pipeline = read_pipeline(file, home)
    except RatchetError as error:
        return None, Reading(problem=f"it can't be loaded: {error}")
    taken = read_clock() - began
    _give_back()  # what reading took is free again: it is not what the model holds
    after = read_memory("VmRSS")
    held = None if before is None or after is None else max(after - before, 0)
    return pipeline, Reading(load_seconds=taken, resident_bytes=held)


def _score(pipeline: Pipeline, config: ModelConfig, rows: pd.DataFrame) -> object:
    return score_rows(pipeline, rows, config)


def _forget_peak() -> bool:
    _give_back()
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def _give_back() -> None:
    """Have the allocator return what is free, or one model would be charged for what another left; GNU's only."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
