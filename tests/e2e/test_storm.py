"""Storms of alerts through a real scheduler: one automatic run, one manual run, and no alert lost."""

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from builders.processes import kill_next_task
from builders.projects import write_visits
from builders.storms import STORM_MODEL, send_alerts
from ratchet.ledger.admissions import find_admission, read_attempts, read_settlements
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import verify_ledger
from ratchet.ledger.triggers import read_pending
from ratchet.orchestration.declaring import drift_asset

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]

MODEL = "storm"
DAG = f"{MODEL}.retrain"
ALERTS = 50


def add_storm(world, folder):
    write_visits(world.settings.project / f"{MODEL}.csv", 300, missing_share=0.3)
    file = folder / f"{MODEL}.yaml"
    file.write_text(STORM_MODEL.format(model=MODEL))
    world.add_model(file)


def wait_for_run(world, *, known: set[str] = frozenset(), within_seconds: float = 300) -> str:
    """Wait for an automatic run that was not known, and return its id."""
    deadline = time.monotonic() + within_seconds
    while True:
        runs = world.api.call("GET", f"/dags/{DAG}/dagRuns?limit=100")["dag_runs"]
        automatic = {run["dag_run_id"] for run in runs if run["run_type"] == "asset_triggered"} - known
        if automatic:
            return automatic.pop()
        assert time.monotonic() < deadline, "nobody woke the retraining"
        time.sleep(0.3)


def wait_for_admission(world, run_id: str) -> None:
    ledger, deadline = open_ledger(world.settings.home), time.monotonic() + 120
    while time.monotonic() < deadline:
        with ledger.connect() as connection:
            if find_admission(connection, MODEL, run_id):
                return
        time.sleep(0.1)
    raise AssertionError(f"run {run_id} was not decided about")


def assert_two_runs_answered_all(world, keys: list[str], automatic: str) -> None:
    """One automatic run and one by hand, and each alert settled once, by one of the two."""
    ledger = open_ledger(world.settings.home)
    with ledger.connect() as connection:
        attempts = read_attempts(connection, MODEL, datetime.now(UTC))
        settled = read_settlements(connection, MODEL)
        assert read_pending(connection, MODEL) == ()
    assert [(each.run_id, each.succeeded) for each in attempts] == [(automatic, True), ("by-hand", True)]
    assert sorted(each.trigger for each in settled) == sorted([*keys, "run:by-hand"])
    assert {each.run_id for each in settled} <= {automatic, "by-hand"}
    assert verify_ledger(ledger).breach is None


def ten_minutes_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=10)


def test_fifty_alerts_make_one_automatic_run_and_a_person_one_more(world, tmp_path):
    add_storm(world, tmp_path)
    keys = send_alerts(world.settings.home, MODEL, ALERTS, ten_minutes_ago())
    automatic = wait_for_run(world)
    assert world.api.wait_for_run(DAG, automatic, timeout_seconds=200) == "success"
    assert world.run(MODEL, "by-hand", reason="looking into the storm") == "success"
    assert_two_runs_answered_all(world, keys, automatic)
    assert "min_interval" not in world.api.log(DAG, "by-hand", "admit"), "the whole configuration is in the log"

    # A week has not passed: an event through Airflow's API is written down, and waits with its reason.
    known = {automatic}
    (asset,) = world.api.call("GET", f"/assets?name_pattern={drift_asset(MODEL).name}")["assets"]
    event = {"asset_id": asset["id"], "extra": {"kind": "data", "reason": "a delivery came", "key": "delivery-7"}}
    world.api.call("POST", "/assets/events", event)
    throttled = wait_for_run(world, known=known)
    assert world.api.wait_for_run(DAG, throttled, timeout_seconds=100) == "success"
    states = {each.task: each.state for each in world.api.tasks(DAG, throttled)}
    assert states.pop("admit") == "success"
    assert set(states.values()) == {"skipped"}
    assert "needs 7 d; it will be admitted at" in world.api.log(DAG, throttled, "admit")
    with open_ledger(world.settings.home).connect() as connection:
        (waiting,) = read_pending(connection, MODEL)
    assert (waiting.key, waiting.kind, waiting.reason) == ("event:delivery-7", "data", "a delivery came")

    # As if the week had passed: what waits is picked up without anybody's help.
    (world.settings.models / f"{MODEL}.yaml").write_text(STORM_MODEL.format(model=MODEL).replace("7d", "1s"))
    picked_up = wait_for_run(world, known={automatic, throttled})
    wait_for_admission(world, picked_up)
    with open_ledger(world.settings.home).connect() as connection:
        assert read_settlements(connection, MODEL)[-1].trigger == waiting.key
        assert read_attempts(connection, MODEL, datetime.now(UTC))[-1].run_id == picked_up


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_the_same_on_postgresql_with_the_scheduler_and_the_first_task_killed(breakable_world, tmp_path):
    world, airflow = breakable_world
    add_storm(world, tmp_path)
    keys = send_alerts(world.settings.home, MODEL, ALERTS, ten_minutes_ago())
    kill_next_task(airflow.services["scheduler"].process.pid, after_seconds=0.05)
    automatic = wait_for_run(world)
    wait_for_admission(world, automatic)
    airflow.kill_scheduler()
    assert world.api.wait_for_run(DAG, automatic, timeout_seconds=200) == "success"
    found = world.api.call("GET", f"/dags/{DAG}/dagRuns/{automatic}/taskInstances?limit=200")["task_instances"]
    assert next(each["try_number"] for each in found if each["task_id"] == "admit") > 1, "another task was killed"
    assert world.run(MODEL, "by-hand", reason="looking into the storm") == "success"
    assert_two_runs_answered_all(world, keys, automatic)
