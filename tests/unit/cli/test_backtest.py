"""`ratchet backtest`: from a model's name to a table, a page and a schedule."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from builders.projects import MODEL, make_project
from ratchet.config.load import load_model

Command = Callable[..., Result]
REPLAYED = MODEL + "backtest:\n  candidates:\n    - {name: linear, estimator: linear}\n  prices:\n    retrain: 5\n"


@pytest.fixture
def replayed(project: Path, ratchet: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    make_project(project, rows=1500, model=REPLAYED)
    monkeypatch.setenv("RATCHET_THREADS", "1")
    return ratchet


def test_it_prints_what_schedules_cost_and_which_to_use(replayed, project):
    done = replayed("backtest", "sales")
    assert done.exit_code == 0, done.stderr
    for policy in ("never", "weekly", "monthly", "drift", "performance", "configured", "hybrid"):
        assert policy in done.stdout
    assert "over these periods; it was chosen knowing this history" in done.stdout
    folder = project / "var" / "backtests" / "sales"
    assert str(folder / "backtest.html") in done.stdout
    assert "models" in done.stderr  # the progress
    pasted = MODEL.replace("schedule:\n  cron: null\n", "") + (folder / "schedule.yaml").read_text()
    path = project / "include" / "models" / "sales.yaml"
    path.write_text(pasted)
    assert load_model(path).schedule.throttle.min_interval_after_success

    as_json = replayed("backtest", "sales", "--json")
    found = json.loads(as_json.stdout)
    assert found["costs"][0]["policy"] == "never"
    assert yaml.safe_load(found["schedule"])["schedule"]


def test_an_earlier_as_of_replays_less(replayed):
    periods = [
        len(json.loads(replayed("backtest", "sales", "--json", *options).stdout)["periods"])
        for options in ((), ("--as-of", "2025-02-15T00:00:00Z"))
    ]
    assert periods[1] < periods[0]


def test_too_short_a_history_is_a_sentence(ratchet, project):
    make_project(project, rows=300, model=REPLAYED)
    done = ratchet("backtest", "sales")
    assert done.exit_code == 1
    assert "periods as long as `monitoring.window`" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_model_is_a_sentence(ratchet):
    done = ratchet("backtest", "sails")
    assert done.exit_code == 1
    assert "did you mean 'sales'" in done.stderr
