"""Whole replays: what comes out, what is kept, and what may not be known."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders.backtests import make_replay_run, make_replayed, no_watch, write_history
from ratchet.artifacts.files import write_text
from ratchet.backtest import workers
from ratchet.backtest.running import forget_oldest, note_gap, prepare, run_backtest
from ratchet.backtest.ungated import FITS
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.errors import DataError
from ratchet.records.backtest import Backtest, PolicyCost

CHEAP = {"backtest": {"prices": {"retrain": 1.0}}}


def make_replay(folder: Path, task: str = "binary", config: ModelConfig | None = None) -> Run:
    write_history(folder, task)
    return make_replay_run(folder, config or make_replayed(task, **CHEAP))


def without_seconds(result: Backtest) -> Backtest:
    """What is left when the one thing that is never the same twice is left out."""
    costs = tuple(replace(each, seconds=0.0) for each in result.costs)
    tracks = tuple(
        replace(each, retrains=tuple(replace(run, seconds=0.0) for run in each.retrains)) for each in result.tracks
    )
    return replace(result, costs=costs, tracks=tracks, in_hindsight=replace(result.in_hindsight, seconds=0.0))


@pytest.fixture(scope="module")
def replayed(tmp_path_factory) -> tuple[Run, Backtest]:
    run = make_replay(tmp_path_factory.mktemp("replayed"))
    return run, run_backtest(run, no_watch, processes=1)


def test_schedules_that_follow_the_turn_are_better_than_never(replayed):
    costs = {each.policy: each for each in replayed[1].costs}
    assert costs["never"].runs == 0
    assert costs["weekly"].promotions >= 1
    for policy in ("weekly", "performance", "hybrid"):
        assert costs[policy].error_cost < costs["never"].error_cost
        assert costs[policy].quality > costs["never"].quality
    assert 0 < costs["performance"].runs < costs["weekly"].runs


def test_a_replay_that_recovered_from_a_change_says_so(replayed):
    assert any(" retrains learn and judge by the rows since it" in note for note in replayed[1].notes)


def test_a_total_is_what_its_parts_are(replayed):
    for cost, track in zip(replayed[1].costs, replayed[1].tracks, strict=True):
        assert cost.total == pytest.approx(sum(track.errors) + sum(each.runs for each in track.retrains))


def test_a_second_replay_makes_nothing_anew_whatever_runs_cost(replayed, monkeypatch):
    run, first = replayed
    monkeypatch.setattr(workers, "make_past_model", None)
    with monkeypatch.context() as patch:
        patch.setattr(workers, "replay", None)
        assert run_backtest(run, no_watch, processes=1) == first
    dear = make_replayed(backtest={"prices": {"retrain": 50.0}})
    again = run_backtest(run.model_copy(update={"config": dear}), no_watch, processes=1)
    assert {each.policy: each.error_cost for each in again.costs}["weekly"] == first.costs[1].error_cost


@pytest.mark.slow
def test_several_processes_find_the_same_as_one(replayed, tmp_path):
    run = make_replay(tmp_path)
    assert without_seconds(run_backtest(run, no_watch, processes=2)) == without_seconds(replayed[1])


@pytest.mark.parametrize("delay", ["0s", "3d"])
def test_nothing_is_decided_by_a_label_that_is_not_known_yet(tmp_path, delay):
    """Poison every label that is unknown at one time: whatever was done until then is done again."""
    parts = {"validation": 0.2, "holdout": 0.2, "window": "21d"}
    config, period = make_replayed(data={"label_delay": delay}, split=parts, **CHEAP), 7
    run = make_replay(tmp_path, config=config)
    clean = run_backtest(run, no_watch, processes=1)
    frame, history = write_history(tmp_path), workers.open_history(prepare(run))[1]
    is_known = np.zeros(len(frame), dtype=bool)
    is_known[history.known_at(period)] = True
    frame["y"] = np.where(is_known, frame["y"], 1 - frame["y"])
    frame.to_csv(tmp_path / "history.csv", index=False)
    poisoned = run_backtest(run, no_watch, processes=1)
    for before, after in zip(clean.tracks, poisoned.tracks, strict=True):
        assert before.serving[: period + 1] == after.serving[: period + 1], before.policy
        until = [[each.period for each in track.retrains if each.period <= period] for track in (before, after)]
        assert until[0] == until[1], before.policy
    chosen = [[each for each in result.choices if each.period <= period] for result in (clean, poisoned)]
    assert chosen[0] == chosen[1]
    assert clean.tracks[1].errors != poisoned.tracks[1].errors


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_are_replayed_too(tmp_path, task):
    result = run_backtest(make_replay(tmp_path, task), no_watch, processes=1)
    costs = {each.policy: each for each in result.costs}
    assert costs["weekly"].error_cost < costs["never"].error_cost
    assert result.unit == ("units of absolute error" if task == "regression" else "wrong decisions")


def test_without_a_clock_rows_are_periods(tmp_path):
    monitoring = {"window": 100, "long_window": 400, "history": 800}
    config = make_replayed(data={"time": {"order": "rows"}}, split={}, monitoring=monitoring, **CHEAP)
    result = run_backtest(make_replay(tmp_path, config=config), no_watch, processes=1)
    assert all(each.rows == 100 for each in result.periods[:-1])
    assert any("100 rows (`monitoring.window`) stand for a week" in note for note in result.notes)
    assert {each.policy: each.runs for each in result.costs}["weekly"] >= len(result.periods) - 2


def test_a_history_with_a_hole_and_odd_columns_is_replayed(tmp_path):
    frame = write_history(tmp_path)
    frame["kind"] = "same"
    frame.loc[::3, "x"] = np.nan
    frame.loc[5, "x"] = 1e30
    frame = frame[(frame.index < 700) | (frame.index > 1000)]
    frame.to_csv(tmp_path / "history.csv", index=False)
    result = run_backtest(make_replay_run(tmp_path, make_replayed(**CHEAP)), no_watch, processes=1)
    assert min(each.rows for each in result.periods) == 0
    assert all(np.isfinite(each.total) for each in result.costs)


@pytest.mark.parametrize(
    ("rows", "said"),
    [(60, "4 are needed to compare schedules"), (430, "no model could be made to begin with")],
)
def test_too_few_rows_are_a_sentence(tmp_path, rows, said):
    frame = write_history(tmp_path).iloc[:rows]
    if rows > 60:
        frame.loc[frame.index < rows // 2, "y"] = 0
    frame.to_csv(tmp_path / "history.csv", index=False)
    with pytest.raises(DataError, match=said):
        run_backtest(make_replay_run(tmp_path), no_watch, processes=1)
    assert len(list(tmp_path.glob("backtests/*/*/models/[!.]*.json"))) <= 1  # nothing is made in vain


def test_a_lost_fit_is_told_and_paid_for(tmp_path):
    frame = write_history(tmp_path)
    frame.loc[600:1100, "y"] = 0  # for six weeks there is nothing to learn
    frame.to_csv(tmp_path / "history.csv", index=False)
    result = run_backtest(make_replay_run(tmp_path, make_replayed(**CHEAP)), no_watch, processes=1)
    weekly = next(each for each in result.tracks if each.policy == "weekly")
    assert any("one class only" in each.reason for each in weekly.retrains)
    assert any("retrains would have given no model" in note for note in result.notes)


def test_a_policy_that_nothing_meets_promotes_nothing_and_says_so(replayed, tmp_path):
    """The same rows without a policy promote: see `replayed`."""
    limit = {"constraints": [{"figure": "size_bytes", "at_most": 1}]}
    run = make_replay(tmp_path, config=make_replayed(policy=limit, **CHEAP))
    result = run_backtest(run, no_watch, processes=1)
    gated = [each for each in result.costs if each.policy not in FITS]
    assert sum(each.promotions for each in replayed[1].costs if each.policy not in FITS) > 0
    assert sum(each.promotions for each in gated) == 0
    count = len(result.periods)
    assert any(f"in {count} of {count} no candidate met its constraints" in note for note in result.notes)
    assert not any("policy" in note for note in replayed[1].notes)


def test_only_the_newest_replays_are_kept(tmp_path):
    for number in range(5):
        write_text(tmp_path / f"replay{number}" / "job.json", "{}")
        os.utime(tmp_path / f"replay{number}" / "job.json", (number, number))
    (tmp_path / "backtest.html").touch()
    forget_oldest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backtest.html", "replay2", "replay3", "replay4"]


@pytest.mark.slow
def test_a_killed_replay_goes_on_where_it_was(tmp_path):
    run = make_replay(tmp_path)
    write_text(tmp_path / "run.json", run.model_dump_json())
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "run.json")])
    folder = tmp_path / "backtests" / run.model
    kept = _wait_for(lambda: sorted(folder.glob("*/models/[!.]*.json")), count=2)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    before = {path: path.stat().st_mtime_ns for path in kept}
    result = run_backtest(run, no_watch, processes=1)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(folder.glob("*/models/[!.]*.json"))) == len(result.periods)


CHILD = """
import sys
from pathlib import Path
from ratchet.backtest.running import run_backtest
from ratchet.config.run import Run
run = Run.model_validate_json(Path(sys.argv[1]).read_text())
run_backtest(run, lambda what, parts: lambda: None, processes=1)
"""


def _wait_for(look: Callable[[], list[Path]], *, count: int) -> list[Path]:
    until = time.monotonic() + 60
    while len(found := look()) < count:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def _cost(policy, mistakes):
    facts = {"description": "", "runs": 0, "promotions": 0, "seconds": 0.0, "quality": None, "retrain_cost": 0.0}
    return PolicyCost(policy=policy, error_cost=mistakes, total=mistakes, **facts)


@pytest.mark.parametrize(
    ("newest", "rolling", "said"),
    [
        (81.0, 90.0, None),
        (80.0, 90.0, "`newest` makes 20% fewer mistakes"),
        (80.0, 40.0, "`rolling` makes 60% fewer mistakes than the recommended schedule, with no gate asked; old rows"),
    ],
)
def test_a_large_gap_to_a_fit_without_gates_is_said(newest, rolling, said):
    costs = {name: _cost(name, value) for name, value in (("newest", newest), ("rolling", rolling), ("never", 10.0))}
    notes = [*note_gap(costs, _cost("recommended", 100.0))]
    assert [note.startswith(said or "") for note in notes] == ([True] if said else [])


def test_where_nothing_is_a_mistake_nothing_is_said():
    assert [*note_gap({"newest": _cost("newest", 0.0)}, _cost("recommended", 0.0))] == []


def test_without_such_policies_nothing_is_said():
    assert [*note_gap({"never": _cost("never", 1.0)}, _cost("recommended", 100.0))] == []
