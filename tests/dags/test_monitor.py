"""The DAG of monitoring as Airflow reads it: what starts it, how its tasks are wired, what it touches."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("airflow")
pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("dags")]

STAGES = ("observe", "compare", "appraise", "enqueue", "alert", "publish")
PARSE = """
import json, sys
from importlib import import_module
from inspect import signature
from airflow.dag_processing.dagbag import DagBag
def names_of(condition):
    return [each.name for each in getattr(condition, "objects", [condition])]
bag = DagBag(dag_folder=sys.argv[1])
found = {}
for kind in ("monitor", "score"):
    dag = bag.dags[f"churn.{kind}"]
    found[kind] = {
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "inputs": sorted(task.op_kwargs.get("inputs", ())),
                "outlets": [each.name for each in task.outlets],
            }
            for task in dag.tasks
        },
        "active": dag.max_active_runs, "catchup": dag.catchup,
        "cron": getattr(getattr(dag.timetable, "timetable", None), "expression", None),
        "assets": names_of(dag.timetable.asset_condition) if kind == "monitor" else [],
        "form": {name: dag.params.get_param(name).description for name in dag.params}, "doc": dag.doc_md,
    }
found["stages"] = {
    name: sorted(signature(getattr(import_module(f"ratchet.stages.{name}"), name)).parameters) for name in %r
}
print(json.dumps(found))
""".replace("%r", repr(STAGES))


def parse(repository, project, home):
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "RATCHET_PROJECT": str(project),
    }
    command = [sys.executable, "-c", PARSE, str(repository / "dags")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def parsed(repository, tmp_path_factory):
    return parse(repository, repository, tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def monitor(parsed):
    return parsed["monitor"]


def test_monitoring_follows_each_scoring_and_runs_daily_as_well(parsed, monitor):
    assert parsed["score"]["tasks"]["score"]["outlets"] == ["ratchet/churn/scored"]
    assert monitor["assets"] == ["ratchet/churn/scored"]
    assert monitor["cron"] == "0 0 * * *"
    assert (monitor["active"], monitor["catchup"]) == (1, False)


@pytest.mark.parametrize("name", STAGES)
def test_a_task_gives_its_stage_exactly_its_parameters(name, monitor, parsed):
    assert sorted({"run", *monitor["tasks"][name]["inputs"]}) == parsed["stages"][name]


def test_what_needs_only_the_observation_runs_side_by_side(monitor):
    upstream = {name: task["upstream"] for name, task in monitor["tasks"].items()}
    assert upstream == {
        "begin": [],
        "observe": ["begin"],
        "compare": ["observe"],
        "appraise": ["observe"],
        "enqueue": ["observe"],
        "alert": ["appraise", "compare", "observe"],
        "publish": ["alert", "appraise", "compare", "enqueue", "observe"],
        "ask_for_retrain": ["alert"],
    }


def test_only_the_task_that_may_be_skipped_touches_the_drift_asset(monitor):
    outlets = {name: task["outlets"] for name, task in monitor["tasks"].items() if task["outlets"]}
    assert outlets == {"ask_for_retrain": ["ratchet/churn/drift"]}


def test_any_past_window_can_be_asked_for(monitor):
    assert list(monitor["form"]) == ["as_of"]
    assert "Any past window can be monitored again" in monitor["form"]["as_of"]
    assert all(f"`{name}`" in monitor["doc"] for name in STAGES)
