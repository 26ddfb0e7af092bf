"""A champion that predicts while the world moves: scoring is followed by monitoring, and red asks for a retraining."""

import time
from datetime import UTC, datetime

import pytest

from builders.champions import make_champion
from builders.runs import make_run
from ratchet.artifacts.monitoring_store import monitoring_of
from ratchet.artifacts.run_store import RunFolder, find_record, find_runs
from ratchet.config.load import load_model
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.monitoring import MonitoringPages, Observation

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]

MODEL = "watched"
MONITOR = f"{MODEL}.monitor"
YAML = """
model: watched
task: binary
data:
  source: {path: watched}
  time: {column: seen_at}
  label_delay: 14d
  target: {column: cancelled, positive: "yes", negative: "no"}
  features: {tenure_months: numeric, monthly_fee: numeric, support_calls: numeric, plan: categorical, autopay: boolean}
  ignore: [region, days_since_login]
  entity: customer_id
candidates:
  - {name: linear, estimator: linear}
schedule: {cron: null}
"""
STARTED_WITHIN_SECONDS = 90


@pytest.fixture(scope="module")
def watched(world, tmp_path_factory):
    """A champion of spring, and deliveries up to a summer in which the price rises."""
    from ratchet.demo.acts import write_months

    settings = world.settings
    write_months(settings.project / MODEL, "2025-03", "2025-08")
    file = tmp_path_factory.mktemp("model") / f"{MODEL}.yaml"
    file.write_text(YAML)
    world.add_model(file)
    # what asks for a retraining is looked at here, not what comes of it
    world.api.call("PATCH", f"/dags/{MODEL}.retrain", {"is_paused": True})
    for kind in ("score", "monitor"):
        world.api.wait_for_dag(f"{MODEL}.{kind}", timeout_seconds=90)
        world.api.unpause(f"{MODEL}.{kind}")
    facts = {"project": str(settings.project), "as_of": "2025-06-15T00:00:00Z"}
    make_champion(make_run(settings.home, load_model(settings.models / file.name), **facts), "linear")
    return world


def wait_for_monitoring(world) -> str:
    """Return the id of the run that an asset started."""
    deadline = time.monotonic() + STARTED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        runs = world.api.call("GET", f"/dags/{MONITOR}/dagRuns")["dag_runs"]
        if found := [run["dag_run_id"] for run in runs if run["run_type"] == "asset_triggered"]:
            return found[0]
        time.sleep(0.5)
    raise AssertionError(f"no scoring started {MONITOR} within {STARTED_WITHIN_SECONDS} s")


def drift_events(world) -> list[dict]:
    events = world.api.call("GET", f"/assets/events?source_dag_id={MONITOR}")["asset_events"]
    return [event for event in events if event["name"] == f"ratchet/{MODEL}/drift"]


def states(world, run_id: str) -> dict[str, str]:
    return {each.task: each.state for each in world.api.tasks(MONITOR, run_id)}


def test_scoring_starts_monitoring_and_red_touches_the_drift_asset(watched):
    watched.api.trigger(f"{MODEL}.score", "august", {"as_of": "2025-08-12T00:00:00Z"})
    assert watched.api.wait_for_run(f"{MODEL}.score", "august", timeout_seconds=120) == "success"
    run_id = wait_for_monitoring(watched)
    assert watched.api.wait_for_run(MONITOR, run_id, timeout_seconds=240) == "success"
    home = watched.settings.home
    folder = RunFolder(home, monitoring_of(home, MODEL) / "runs" / run_id)
    seen = find_record(folder, "collect", Observation)
    assert seen.as_of == datetime(2025, 8, 12, tzinfo=UTC)  # as the scoring's, long past as it is
    assert seen.rows > 500
    watch = find_record(folder, "alert", AlertReport)
    assert watch.level is AlertLevel.RED
    page = find_record(folder, "publish", MonitoringPages).page
    assert "<html" in (home / page.path).read_text()
    assert states(watched, run_id)["ask_for_retrain"] == "success"
    assert len(drift_events(watched)) == 1
    assert run_id not in [run.run_id for _, run in find_runs(home, MODEL)]


def test_before_anything_was_predicted_a_run_is_green_and_does_nothing(watched):
    before = len(drift_events(watched))
    watched.api.trigger(MONITOR, "too-early", {"as_of": "2025-05-01T00:00:00Z"})
    assert watched.api.wait_for_run(MONITOR, "too-early", timeout_seconds=120) == "success"
    found = states(watched, "too-early")
    assert found.pop("begin") == "success"
    assert set(found.values()) == {"skipped"}
    assert "nothing of watched was predicted before 2025-05-01" in watched.api.log(MONITOR, "too-early", "collect")
    assert len(drift_events(watched)) == before
