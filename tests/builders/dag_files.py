"""Builders of what Airflow makes of the DAG files."""

import json
import os
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
def kwargs_of(task):
    return task.partial_kwargs["op_kwargs"] if task.is_mapped else task.op_kwargs
def names_of(condition):
    return [each.name for each in getattr(condition, "objects", [condition])]
bag = DagBag(dag_folder=sys.argv[1])
new = {name.split(".")[0] for name in set(sys.modules) - before}
dags = {
    dag_id: {
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "inputs": sorted(kwargs_of(task).get("inputs", ())),
                "outlets": [each.name for each in task.outlets],
                "mapped": task.is_mapped,
                "retries": task.retries,
                "policy": type(task.retry_policy).__name__,
            }
            for task in dag.tasks
        },
        "schedule": dag.schedule if isinstance(dag.schedule, str) else None,
        "cron": getattr(getattr(dag.timetable, "timetable", None), "expression", None),
        "assets": names_of(dag.timetable.asset_condition) if dag_id.endswith(".monitor") else [],
        "catchup": dag.catchup, "tags": sorted(dag.tags), "doc": dag.doc_md, "active": dag.max_active_runs,
        "form": {name: dag.params.get_param(name).schema for name in dag.params},
        "descriptions": {name: dag.params.get_param(name).description for name in dag.params},
    }
    for dag_id, dag in bag.dags.items()
}
print(json.dumps({"dags": dags, "errors": bag.import_errors, "new": sorted(new)}))
"""


def read_dag_files(repository: Path, project: Path, home: Path) -> dict[str, Any]:
    """Read the DAG folder in a process of its own, as the dag-processor does."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "RATCHET_PROJECT": str(project),
    }
    command = [sys.executable, "-c", PARSE, str(repository / "dags")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def list_parameters(stage: str) -> list[str]:
    """The names of what a stage asks for."""
    return sorted(signature(getattr(import_module(f"ratchet.stages.{stage}"), stage)).parameters)
