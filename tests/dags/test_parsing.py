"""The DAG files as Airflow reads them: cost, wiring, shape, and what a broken model file does."""

import shutil
from itertools import pairwise

import pytest

from builders.dag_files import list_parameters, read_dag_files

pytest.importorskip("airflow")
pytestmark = [pytest.mark.airflow]

HEAVY = {"duckdb", "evidently", "great_expectations", "mlflow", "numpy", "pandas", "pyarrow", "sklearn", "xgboost"}
KINDS = ("monitor", "retrain", "roll_back", "score")
CHAIN = (
    "admit",
    "ingest",
    "check",
    "split",
    "search",
    "train",
    "select",
    "evaluate",
    "decide",
    "refit",
    "promote",
    "report",
)
BESIDE = {
    "audit": ("split", "decide"),
    "measure_behaviour": ("select", "decide"),
    "measure_serving_cost": ("select", "decide"),
}
STAGES = (*CHAIN[1:], *BESIDE)


@pytest.fixture(scope="module")
def changed(repository, tmp_path_factory):
    """The same DAG files over other model files: one scores at its own times, one is broken."""
    project = tmp_path_factory.mktemp("project")
    models = project / "include" / "models"
    shutil.copytree(repository / "include" / "models", models)
    with (models / "churn.yaml").open("a") as file:
        file.write('\nscoring: {cron: "5 * * * *", source: {path: new}}\n')
    (models / "broken.yaml").write_text("model: broken\ntask: binry\n")
    return read_dag_files(repository, project, project / "airflow")


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
def test_a_task_gives_its_stage_exactly_its_parameters(name, retrain):
    task = retrain["tasks"][name]
    given = {"run", *task["inputs"], *(["candidate"] if task["mapped"] else [])}
    assert sorted(given) == list_parameters(name)


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


def test_scoring_runs_at_its_own_times(changed):
    dag = changed["dags"]["churn.score"]
    assert "5 * * * *" in dag["schedule"]
    assert "`scoring.source`" in dag["doc"]


def test_the_dag_explains_itself(retrain):
    assert "cancel within two weeks" in retrain["doc"]
    assert all(f"`{name}`" in retrain["doc"] for name in STAGES)


def test_every_field_of_the_form_is_described_and_has_a_default(retrain):
    assert set(retrain["form"]) == {"as_of", "candidates", "reason", "dry_run", "override"}
    assert all(retrain["descriptions"].values())
    assert retrain["form"]["candidates"]["examples"] == ["linear", "forest", "boosting", "xgboost"]


def test_a_broken_model_file_is_told_and_leaves_the_others_alone(changed, parsed):
    assert set(changed["dags"]) == set(parsed["dags"])
    ((file, text),) = changed["errors"].items()
    assert file.endswith("broken_models.py")  # a file of its own: its error takes no other DAG out of service
    assert "broken.yaml:2: task: should be 'binary'" in text


@pytest.mark.parametrize("name", ["monitor", "retrain", "roll_back", "score", "broken_models"])
def test_a_dag_file_only_declares(name, repository):
    lines = (repository / "dags" / f"{name}.py").read_text().splitlines()
    assert len(lines) <= 40
