"""The DAG of monitoring as Airflow reads it: what starts it, how its tasks are wired, what it touches."""

import pytest

from builders.dag_files import list_parameters

pytest.importorskip("airflow")
pytestmark = [pytest.mark.airflow]

STAGES = ("collect", "measure_drift", "measure_performance", "queue_labels", "alert", "publish")


@pytest.fixture(scope="module")
def monitor(parsed):
    return parsed["dags"]["churn.monitor"]


def test_monitoring_follows_each_scoring_and_runs_daily_as_well(parsed, monitor):
    assert parsed["dags"]["churn.score"]["tasks"]["score"]["outlets"] == ["ratchet/churn/scored"]
    assert monitor["assets"] == ["ratchet/churn/scored"]
    assert monitor["cron"] == "0 0 * * *"
    assert (monitor["active"], monitor["catchup"]) == (1, False)


@pytest.mark.parametrize("name", STAGES)
def test_a_task_gives_its_stage_exactly_its_parameters(name, monitor):
    assert sorted({"run", *monitor["tasks"][name]["inputs"]}) == list_parameters(name)


def test_what_needs_only_the_observation_runs_side_by_side(monitor):
    upstream = {name: task["upstream"] for name, task in monitor["tasks"].items()}
    assert upstream == {
        "begin": [],
        "collect": ["begin"],
        "measure_drift": ["collect"],
        "measure_performance": ["collect"],
        "queue_labels": ["collect"],
        "alert": ["collect", "measure_drift", "measure_performance"],
        "publish": ["alert", "collect", "measure_drift", "measure_performance", "queue_labels"],
        "ask_for_retrain": ["alert"],
    }


def test_only_the_task_that_may_be_skipped_touches_the_drift_asset(monitor):
    outlets = {name: task["outlets"] for name, task in monitor["tasks"].items() if task["outlets"]}
    assert outlets == {"ask_for_retrain": ["ratchet/churn/drift"]}


def test_any_past_window_can_be_asked_for(monitor):
    assert list(monitor["form"]) == ["as_of"]
    assert "Any past window can be monitored again" in monitor["descriptions"]["as_of"]
    assert all(f"`{name}`" in monitor["doc"] for name in STAGES)
