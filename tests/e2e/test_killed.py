"""Tasks killed with SIGKILL: the run ends well on retry, and the alias always names a complete, loadable model."""

import sys

import pytest

from builders.processes import kill_task
from ratchet.artifacts.run_store import find_record
from ratchet.records.judgement import Decision
from ratchet.records.modelling import Challenger
from ratchet.registry.client import connect

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc"),
]

MODEL = "killed"
DAG = f"{MODEL}.retrain"
YAML = """
model: killed
task: binary
data:
  source: {path: killed}
  time: {column: seen_at}
  label_delay: 14d
  target: {column: cancelled, positive: "yes", negative: "no"}
  features: {tenure_months: numeric, monthly_fee: numeric, support_calls: numeric, plan: categorical}
  ignore: [customer_id, region, autopay, days_since_login]
candidates:
  - {name: linear, estimator: linear}
  - {name: forest, estimator: random_forest, parameters: {n_estimators: 600, min_samples_leaf: 2}}
schedule: {cron: null}
"""


@pytest.fixture(scope="module")
def victim(world, tmp_path_factory):
    from ratchet.demo.acts import write_months

    write_months(world.settings.project / MODEL, "2025-01", "2025-06")
    file = tmp_path_factory.mktemp("model") / f"{MODEL}.yaml"
    file.write_text(YAML)
    world.add_model(file)
    return world


def instance_id(world, run_id: str, task: str, map_index: int = -1) -> str:
    path = f"/dags/{DAG}/dagRuns/{run_id}/taskInstances"
    found = world.api.call("GET", f"{path}?limit=200")["task_instances"]
    return next(each["id"] for each in found if (each["task_id"], each["map_index"]) == (task, map_index))


def finish(world, run_id: str) -> dict[str, int]:
    assert world.api.wait_for_run(DAG, run_id, timeout_seconds=600) == "success"
    return {f"{each.task} {each.label}".strip(): each.tries for each in world.api.tasks(DAG, run_id)}


def test_a_killed_training_task_is_tried_again_and_the_run_ends_well(victim):
    before = victim.verified_champion(MODEL)
    victim.api.trigger(DAG, "kill-train")
    forest = 1  # its place among the candidates
    kill_task(instance_id(victim, "kill-train", "train", forest), after_seconds=1.0)
    tries = finish(victim, "kill-train")
    assert tries["train forest"] == 2
    assert tries["train linear"] == 1
    board = find_record(victim.folder(MODEL, "kill-train"), "select", Challenger).leaderboard
    assert {each.name: each.failure for each in board} == {"linear": None, "forest": None}
    promoted = victim.verdict(MODEL, "kill-train").decision is Decision.PROMOTE
    assert victim.verified_champion(MODEL).run_id == ("kill-train" if promoted else before.run_id)


@pytest.mark.parametrize("after_seconds", [0.0, 0.15, 0.3, 0.5])
def test_a_killed_promotion_is_finished_by_the_retry(victim, after_seconds):
    """The moment is not aimed at: wherever the kill lands, the end is the same."""
    before = victim.verified_champion(MODEL)
    run_id = f"kill-promote-{after_seconds}"
    # Two weeks more each time; a run may keep the champion, and then the kill must change nothing.
    victim.api.trigger(DAG, run_id, {"as_of": "2025-07-15T00:00:00Z", "candidates": ["linear"]})
    kill_task(instance_id(victim, run_id, "promote"), after_seconds=after_seconds)
    tries = finish(victim, run_id)
    assert tries["promote"] in {1, 2}  # 1 when it had ended before the kill
    after = victim.verified_champion(MODEL)
    promoted = victim.verdict(MODEL, run_id).decision is Decision.PROMOTE
    assert after.run_id == (run_id if promoted else before.run_id)
    versions = connect(victim.settings.home).search_model_versions(f"name='{MODEL}'")
    made_by = [version.tags.get("ratchet.run_id") for version in versions]
    assert made_by.count(run_id) == int(promoted)
