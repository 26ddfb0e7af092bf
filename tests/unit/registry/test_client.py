import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from builders.registry import processes
from ratchet.registry.client import connect, find_or_create_experiment

OPENER = """
import sys
from pathlib import Path
from ratchet.registry.client import connect
connect(Path(sys.argv[1]))
"""


def test_the_registry_is_a_database_in_the_home(home: Path) -> None:
    assert connect(home).tracking_uri == f"sqlite:///{home}/mlflow.db"


def test_the_environment_names_another_registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert connect(home).tracking_uri == "http://127.0.0.1:1"


def test_connecting_leaves_mlflow_s_own_settings_alone(home: Path) -> None:
    before = mlflow.get_tracking_uri()
    connect(home)
    assert mlflow.get_tracking_uri() == before


def test_artifacts_are_kept_in_the_home_by_model(home: Path, client: MlflowClient) -> None:
    experiment = client.get_experiment(find_or_create_experiment(client, home, "sales"))
    assert experiment.name == "sales"
    assert experiment.artifact_location == (home / "mlartifacts" / "sales").as_uri()


def test_an_experiment_is_made_once(home: Path, client: MlflowClient) -> None:
    assert find_or_create_experiment(client, home, "sales") == find_or_create_experiment(client, home, "sales")


def test_a_deleted_experiment_is_restored(home: Path, client: MlflowClient) -> None:
    experiment = find_or_create_experiment(client, home, "sales")
    client.delete_experiment(experiment)
    assert find_or_create_experiment(client, home, "sales") == experiment
    assert client.get_experiment(experiment).lifecycle_stage == "active"


def test_a_database_that_is_none_is_the_infrastructure_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)
    (tmp_path / "mlflow.db").write_text("this is no database, whatever its name says")
    with pytest.raises(Exception, match="file is not a database") as caught:
        connect(tmp_path)
    assert type(caught.value).__module__.partition(".")[0] in {"mlflow", "sqlalchemy"}


@pytest.mark.slow
def test_a_locked_database_is_waited_for_and_then_given_up(home: Path, client: MlflowClient) -> None:
    blocker = sqlite3.connect(home / "mlflow.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with pytest.raises(MlflowException, match="locked"):
        client.create_registered_model("sales")
    assert time.monotonic() - began < 60
    blocker.close()
    client.create_registered_model("sales")


@pytest.mark.slow
def test_processes_that_come_first_together_make_one_database(tmp_path: Path) -> None:
    home = tmp_path / "new"
    together = [processes().Process(target=connect, args=(home,)) for _ in range(3)]
    for process in together:
        process.start()
    for process in together:
        process.join()
    assert [process.exitcode for process in together] == [0, 0, 0]
    assert list(connect(home).search_registered_models()) == []


@pytest.mark.slow
@pytest.mark.parametrize("after_seconds", [0.01, 0.1, 0.4, 1.0])
def test_a_first_use_that_is_killed_is_made_again(after_seconds: float, tmp_path: Path) -> None:
    """The moment is not aimed at: MLflow's migrations take about two seconds, and may be half done."""
    opener = subprocess.Popen([sys.executable, "-c", OPENER, str(tmp_path)])
    while not list(tmp_path.glob("mlflow.db*")):
        assert opener.poll() is None
        time.sleep(0.01)
    time.sleep(after_seconds)
    opener.send_signal(signal.SIGKILL)
    opener.wait()
    assert list(connect(tmp_path).search_registered_models()) == []
    assert sorted(path.name for path in tmp_path.glob("mlflow.db*")) == ["mlflow.db"]
