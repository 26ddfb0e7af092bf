"""A storm of alerts through a real scheduler: one automatic run, one manual run, and no alert lost."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from builders.projects import write_visits
from builders.storms import STORM_MODEL, send_alerts
from ratchet.ledger.admissions import read_attempts, read_settlements
from ratchet.ledger.book import verify_ledger
from ratchet.ledger.database import open_ledger
from ratchet.ledger.triggers import read_pending

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow, pytest.mark.xdist_group("e2e")]

MODEL = "storm"
DAG = f"{MODEL}.retrain"
ALERTS = 50


@pytest.fixture(scope="module")
def storm(world, tmp_path_factory):
    write_visits(world.settings.project / f"{MODEL}.csv", 300, missing_share=0.3)
    file = tmp_path_factory.mktemp("model") / f"{MODEL}.yaml"
    file.write_text(STORM_MODEL.format(model=MODEL))
    world.add_model(file)
    return world


def runs_of(world) -> list[dict]:
    return world.api.call("GET", f"/dags/{DAG}/dagRuns?limit=100&order_by=run_after")["dag_runs"]


def wait_for_automatic_run(world, within_seconds: float = 90) -> str:
    deadline = time.monotonic() + within_seconds
    while not (found := [run for run in runs_of(world) if run["run_type"] == "asset_triggered"]):
        assert time.monotonic() < deadline, "nobody woke the retraining"
        time.sleep(0.3)
    return found[0]["dag_run_id"]


def test_fifty_alerts_make_one_automatic_run_and_a_person_one_more(storm):
    keys = send_alerts(storm.settings.home, MODEL, ALERTS, datetime.now(UTC) - timedelta(minutes=10))
    automatic = wait_for_automatic_run(storm)
    assert storm.api.wait_for_run(DAG, automatic, timeout_seconds=200) == "success"
    assert storm.run(MODEL, "by-hand", reason="looking into the storm") == "success"
    ledger = open_ledger(storm.settings.home)
    with ledger.connect() as connection:
        attempts = read_attempts(connection, MODEL, datetime.now(UTC))
        settled = read_settlements(connection, MODEL)
        assert read_pending(connection, MODEL) == ()
    assert [(each.run_id, each.succeeded) for each in attempts] == [(automatic, True), ("by-hand", True)]
    assert sorted(each.trigger for each in settled) == sorted([*keys, "run:by-hand"])
    assert {each.run_id for each in settled} <= {automatic, "by-hand"}
    assert verify_ledger(ledger).breach is None
