"""The DAG files as Airflow reads them: cost, wiring, shape, and what a broken model file does."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("airflow")
pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("dags")]

HEAVY = {"duckdb", "evidently", "great_expectations", "mlflow", "numpy", "pandas", "pyarrow", "sklearn", "xgboost"}
KINDS = ("monitor", "retrain", "roll_back", "score")
CHAIN = ("admit", "ingest", "check", "split", "train", "select", "evaluate", "decide", "promote", "report")
BESIDE = {"audit": ("split", "decide"), "probe": ("select", "decide"), "weigh": ("select", "decide")}
STAGES = (*CHAIN[1:], *BESIDE)
PARSE = """
import json, sys
from importlib import import_module
from inspect import signature
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
def kwargs_of(task):
    return task.partial_kwargs["op_kwargs"] if task.is_mapped else task.op_kwargs
bag = DagBag(dag_folder=sys.argv[1])
new = {name.split(".")[0] for name in set(sys.modules) - before}
dags = {
    dag_id: {
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "inputs": sorted(kwargs_of(task).get("inputs", ())),
                "mapped": task.is_mapped,
                "retries": task.retries,
                "policy": type(task.retry_policy).__name__,
            }
            for task in dag.tasks
        },
        "schedule": dag.schedule if isinstance(dag.schedule, str) else None,
        "catchup": dag.catchup, "tags": sorted(dag.tags), "doc": dag.doc_md, "active": dag.max_active_runs,
        "form": {name: dag.params.get_param(name).schema for name in dag.params},
        "descriptions": {name: dag.params.get_param(name).description for name in dag.params},
    }
    for dag_id, dag in bag.dags.items()
}
stages = {name: sorted(signature(getattr(import_module(f"ratchet.stages.{name}"), name)).parameters) for name in %r}
print(json.dumps({"dags": dags, "errors": bag.import_errors, "new": sorted(new), "stages": stages}))
""".replace("%r", repr(STAGES))


def parse(repository: Path, project: Path, home: Path) -> dict:
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
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def parsed(repository, tmp_path_factory):
    return parse(repository, repository, tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def retrain(parsed):
    return parsed["dags"]["churn.retrain"]


def test_every_model_file_has_its_dags(parsed, repository):
    models = [path.stem for path in (repository / "include" / "models").glob("*.yaml")]
    assert models
    assert set(parsed["dags"]) == {f"{model}.{kind}" for model in models for kind in KINDS}
    assert parsed["errors"] == {}


def test_parsing_loads_nothing_heavy(parsed):
    assert not HEAVY & set(parsed["new"])


@pytest.mark.parametrize("name", STAGES)
def test_a_task_gives_its_stage_exactly_its_parameters(name, retrain, parsed):
    task = retrain["tasks"][name]
    given = {"run", *task["inputs"], *(["candidate"] if task["mapped"] else [])}
    assert sorted(given) == parsed["stages"][name]


def test_the_tasks_are_the_stages_in_their_order(retrain):
    assert set(retrain["tasks"]) == {"admit", *STAGES}
    arrows = [
        *pairwise(CHAIN),
        *(arrow for name, (left, right) in BESIDE.items() for arrow in pairwise((left, name, right))),
    ]
    assert all(before in retrain["tasks"][after]["upstream"] for before, after in arrows)


def test_only_infrastructure_is_tried_again(parsed):
    tasks = [task for dag in parsed["dags"].values() for task in dag["tasks"].values()]
    assert {task["policy"] for task in tasks} == {"RetryInfrastructure"}
    assert all(task["retries"] > 0 for task in tasks)


def test_one_run_at_a_time_and_no_backlog(retrain):
    assert (retrain["catchup"], retrain["active"]) == (False, 1)


def test_scoring_is_one_task_that_a_person_starts_by_default(parsed):
    dag = parsed["dags"]["churn.score"]
    assert list(dag["tasks"]) == ["score"]
    assert (dag["catchup"], dag["active"], dag["schedule"]) == (False, 1, None)
    assert set(dag["form"]) == {"as_of", "source", "again"}
    assert all(dag["descriptions"].values())
    assert "each of them once" in dag["doc"]


def test_scoring_runs_at_its_own_times(repository, tmp_path):
    models = tmp_path / "include" / "models"
    shutil.copytree(repository / "include" / "models", models)
    with (models / "churn.yaml").open("a") as file:
        file.write('\nscoring: {cron: "5 * * * *", source: {path: new}}\n')
    dag = parse(repository, tmp_path, tmp_path / "airflow")["dags"]["churn.score"]
    assert "5 * * * *" in dag["schedule"]
    assert "`scoring.source`" in dag["doc"]


def test_the_dag_explains_itself(retrain):
    assert "cancel within two weeks" in retrain["doc"]
    assert all(f"`{name}`" in retrain["doc"] for name in STAGES)


def test_every_field_of_the_form_is_described_and_has_a_default(retrain):
    assert set(retrain["form"]) == {"as_of", "candidates", "reason", "dry_run", "override"}
    assert all(retrain["descriptions"].values())
    assert retrain["form"]["candidates"]["examples"] == ["linear", "forest", "boosting", "xgboost"]


def test_a_broken_model_file_is_told_and_leaves_the_others_alone(repository, tmp_path):
    models = tmp_path / "include" / "models"
    shutil.copytree(repository / "include" / "models", models)
    (models / "broken.yaml").write_text("model: broken\ntask: binry\n")
    found = parse(repository, tmp_path, tmp_path / "airflow")
    assert "churn.retrain" in found["dags"]
    ((file, text),) = found["errors"].items()
    assert file.endswith("broken_models.py")  # a file of its own: its error takes no other DAG out of service
    assert "broken.yaml:2: task: should be 'binary'" in text


@pytest.mark.parametrize("name", ["monitor", "retrain", "roll_back", "score", "broken_models"])
def test_a_dag_file_only_declares(name, repository):
    lines = (repository / "dags" / f"{name}.py").read_text().splitlines()
    assert len(lines) <= 40
