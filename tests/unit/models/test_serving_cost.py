"""What a model takes, read off."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from timeit import Timer

import numpy as np
import pandas as pd
import pytest

from builders.runs import make_run
from builders.training import ESTIMATORS, make_mixed_rows, make_spec, make_task_config, write_split
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.errors import DataError
from ratchet.models import group, serving_cost
from ratchet.models.fitting import fit_candidate
from ratchet.models.group import read_memory
from ratchet.models.scoring import score_rows
from ratchet.models.serving_cost import CostMeasurement, Reading, measure_models, read_clock, time_calls, time_scorers
from ratchet.records.files import FileRef

FRAME = pd.DataFrame({"age": np.arange(50.0)})
Files = tuple[tuple[str, FileRef], ...]


def sleep(seconds: float) -> Callable[[pd.DataFrame], object]:
    """A model that takes its time."""
    return lambda _: time.sleep(seconds)


def compute(_: pd.DataFrame) -> float:
    """A model that computes."""
    return sum(float(each) ** 0.5 for each in range(60_000))


@contextmanager
def machine_busy(processes: int) -> Iterator[None]:
    """So many other processes that compute, until the end."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for each in others:
            each.kill()
            each.wait()


def make_case(tmp_path: Path, *estimators: str) -> tuple[Run, CostMeasurement]:
    """Models of mixed rows on disk, and the order to weigh them."""
    run = make_run(tmp_path, make_task_config("binary"))
    rows = make_mixed_rows("binary")
    split = write_split(run, rows)
    files: Files = ()
    for name in estimators:
        pipeline = fit_candidate(make_spec(name), rows, run.config, classes=("no", "yes"), seed=1, threads=1)  # type: ignore[arg-type]
        files += ((name, write_pipeline(pipeline, folder_of(run).file(f"{name}.skops"), tmp_path)),)
    job = CostMeasurement(config=run.config, home=tmp_path, rows=split.holdout.file, models=files, seconds=0.3)
    return run, job


def test_every_estimator_is_weighed(tmp_path: Path) -> None:
    _, job = make_case(tmp_path, *ESTIMATORS)
    before, readings = measure_models(job)
    assert before is not None
    assert before > 50e6
    for reading in readings.values():
        assert reading.problem is None
        assert len(reading.call_seconds) >= 5
        assert reading.load_seconds > 0  # type: ignore[operator]
        assert reading.batch_rows == 90
        assert reading.resident_bytes is not None
        assert reading.scratch_bytes is not None


@pytest.mark.slow
def test_a_single_row_takes_what_a_direct_measurement_says(tmp_path: Path) -> None:
    """Not what a batch divided by its rows says, which is hundreds of times less."""
    run, job = make_case(tmp_path, "linear")
    pipeline = read_pipeline(job.models[0][1], tmp_path)
    rows = make_mixed_rows("binary")
    one = Timer(lambda: score_rows(pipeline, rows[3:4], run.config), timer=read_clock)
    direct = [one.timeit(number=1) for _ in range(60)]
    reading = measure_models(job)[1]["linear"]
    assert 0.4 < median(reading.call_seconds) / median(direct) < 2.5
    assert median(reading.call_seconds) > 20 * reading.batch_seconds / reading.batch_rows  # type: ignore[operator]


def test_a_sleeping_model_shows_in_every_figure() -> None:
    scorers = {"slow": sleep(0.02), "quick": sleep(0.0)}
    timed = time_scorers(scorers, {name: Reading() for name in scorers}, FRAME, 0.3)
    assert 0.02 <= min(timed["slow"].call_seconds) <= median(timed["slow"].call_seconds) < 0.2
    assert median(timed["quick"].call_seconds) < 0.01
    assert timed["slow"].batch_seconds >= 0.02  # type: ignore[operator]


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False])
def test_a_busy_machine_does_not_make_a_model_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tells: bool
) -> None:
    """Two processes for each processor take two thirds of it: by the clock on the wall a call takes thrice as long."""
    monkeypatch.setattr(serving_cost, "WAITED", serving_cost.WAITED if tells else tmp_path / "absent")
    quiet = time_calls({"one": compute}, FRAME, 0.5)["one"]
    with machine_busy(2 * (os.cpu_count() or 1)):
        time.sleep(0.2)
        began = time.perf_counter()
        busy = time_calls({"one": compute}, FRAME, 2.0)["one"]
        on_the_wall = (time.perf_counter() - began) / (len(busy) + serving_cost.WARM_UP)
    assert median(busy) < 1.6 * median(quiet)
    assert median(busy) < 0.7 * on_the_wall, "else the machine was not busy"


def test_models_take_turns_and_have_as_many_calls() -> None:
    seen: list[str] = []
    scorers = {name: (lambda _, name=name: seen.append(name)) for name in ("a", "b")}
    calls = time_calls(scorers, FRAME, 0.2)
    assert len(calls["a"]) == len(calls["b"]) >= serving_cost.MIN_CALLS
    warmed = seen[2 * serving_cost.WARM_UP :]
    assert warmed[:6] == ["a", "b", "b", "a", "a", "b"]


def test_a_very_slow_model_does_not_take_for_ever() -> None:
    began = time.monotonic()
    calls = time_calls({"slow": sleep(0.1)}, FRAME, 0.2)
    assert time.monotonic() - began < 3
    assert len(calls["slow"]) >= serving_cost.FEWEST_CALLS


def test_without_a_model_there_is_nothing_to_time() -> None:
    assert time_calls({}, FRAME, 1.0) == {}


def test_rows_that_a_model_does_not_fit_are_its_problem_alone() -> None:
    def refuse(_: pd.DataFrame) -> object:
        raise DataError("the rows lack city")

    timed = time_scorers({"odd": refuse, "fine": sleep(0)}, {"odd": Reading(), "fine": Reading()}, FRAME, 0.01)
    assert timed["odd"].problem == "it can't score these rows: the rows lack city"
    assert timed["odd"].call_seconds == ()
    assert timed["fine"].problem is None


def test_a_file_that_can_not_be_loaded_is_its_problem_alone(tmp_path: Path) -> None:
    _, job = make_case(tmp_path, "linear", "hist_gradient_boosting")
    (tmp_path / job.models[0][1].path).write_bytes(b"cut")
    readings = measure_models(job)[1]
    assert readings["linear"].problem is not None
    assert readings["linear"].problem.startswith("it can't be loaded: ")
    assert readings["hist_gradient_boosting"].call_seconds


def test_what_reading_took_and_let_go_is_not_charged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(*_: object) -> object:
        taken = [np.ones(12_000) for _ in range(600)]  # 96 KB each, from the heap: 58 MB below the last one
        return taken[-1]

    _, job = make_case(tmp_path, "linear")
    monkeypatch.setattr(serving_cost, "read_pipeline", read)
    monkeypatch.setattr(serving_cost, "score_rows", lambda *_: None)
    assert measure_models(job)[1]["linear"].resident_bytes < 20e6  # type: ignore[operator]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_holdout_of_hardly_a_row_is_enough(rows: int) -> None:
    timed = time_scorers({"one": sleep(0)}, {"one": Reading()}, FRAME[:rows], 0.01)
    assert timed["one"].batch_rows == rows
    assert len(timed["one"].call_seconds) >= serving_cost.FEWEST_CALLS


def test_memory_that_scoring_takes_is_seen() -> None:
    def fill(rows: pd.DataFrame) -> object:
        return np.ones(len(rows) * 1_000_000).sum()

    reading = time_scorers({"big": fill}, {"big": Reading()}, FRAME[:10], 0.01)["big"]
    assert 0.9 < reading.scratch_bytes / (8_000_000 * reading.batch_rows) < 1.3  # type: ignore[operator]


def test_a_system_that_does_not_tell_has_no_memory_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(group, "PROCESSES", tmp_path)
    monkeypatch.setattr(serving_cost, "CLEAR", tmp_path)
    assert read_memory("VmRSS") is None
    assert time_scorers({"one": sleep(0)}, {"one": Reading()}, FRAME, 0.01)["one"].scratch_bytes is None


def test_large_holdouts_are_thinned_out_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_cost, "KEPT_ROWS", 10)
    _, job = make_case(tmp_path, "linear")
    assert measure_models(job)[1]["linear"].batch_rows <= 10
