"""Without MLflow the registry says the same as through it, and what it can't say alone it asks MLflow for."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from mlflow import MlflowClient
from werkzeug.serving import make_server

from builders.registry import MODEL, make_promotion_of
from ratchet.registry.facts import ALIAS, RegisteredFacts, VersionFacts
from ratchet.registry.lookup import look_up_model, look_up_version
from ratchet.registry.versions import read_model, read_version

WITHOUT_MLFLOW = """
import sys
from pathlib import Path
from ratchet.registry.champion import find_champion
print(find_champion(Path(sys.argv[1]), "sales").version, "mlflow" in sys.modules)
"""


@pytest.fixture
def filled(home: Path, client: MlflowClient) -> Path:
    """A registry in which much has happened: two promotions, a version and an alias by hand, odd tags, a deletion."""
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    for _ in range(2):
        client.create_model_version(MODEL, "file:///somewhere", tags={"note": "ünicode, and ' quotes", "empty": ""})
    client.set_registered_model_alias(MODEL, "shadow", "3")
    client.set_registered_model_tag(MODEL, "owner", "")
    client.delete_model_version(MODEL, "4")
    client.create_registered_model("bare")
    return home


@pytest.fixture
def server(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """MLflow's own server on that registry."""
    monkeypatch.setenv("_MLFLOW_SERVER_FILE_STORE", f"sqlite:///{filled / 'mlflow.db'}")
    monkeypatch.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", str(filled / "mlartifacts"))
    from mlflow.server import app

    served = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=served.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{served.server_port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    yield address
    served.shutdown()
    thread.join()


def look_at_everything(home: Path) -> list[RegisteredFacts | VersionFacts | None]:
    models = [look_up_model(home, name) for name in (MODEL, "bare", "absent")]
    return [*models, *(look_up_version(home, MODEL, number) for number in range(1, 6))]


def ask_mlflow(client: MlflowClient) -> list[RegisteredFacts | VersionFacts | None]:
    models = [read_model(client, name) for name in (MODEL, "bare", "absent")]
    return [*models, *(read_version(client, MODEL, number) for number in range(1, 6))]


def test_a_database_says_the_same_as_mlflow(filled: Path, client: MlflowClient) -> None:
    found = look_at_everything(filled)
    assert found == ask_mlflow(client)
    assert [each is None for each in found] == [False, False, True, False, False, False, True, True]


@pytest.mark.slow
def test_a_server_says_the_same_as_mlflow(filled: Path, client: MlflowClient, server: str, asked: list[str]) -> None:
    assert look_at_everything(filled) == ask_mlflow(client)
    assert asked == []


def test_a_champion_is_found_without_loading_mlflow(filled: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MLFLOW, str(filled)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2", "False"]


def test_a_registry_that_is_not_there_yet_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert look_up_model(tmp_path, MODEL) is None
    assert look_up_version(tmp_path, MODEL, 1) is None
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_TOKEN", "MLFLOW_ENABLE_WORKSPACES"])
def test_what_is_special_is_asked_through_mlflow(
    name: str, filled: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setenv(name, "false")
    assert look_up_model(filled, MODEL) == read_model(client, MODEL)
    assert asked == ["MLflow"]


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "sqlite:///{home}/other.db", "file:///nowhere"])
def test_a_registry_that_does_not_answer_alone_is_asked_through_mlflow(
    uri: str, home: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setattr("ratchet.registry.versions.read_model", lambda *_: None)
    (home / "other.db").write_bytes(b"")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(home=home))
    assert look_up_model(home, MODEL) is None
    assert asked == ["MLflow"]


@pytest.fixture
def asked(home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the test has asked."""
    whom: list[str] = []

    def connecting(_home: Path) -> MlflowClient:
        whom.append("MLflow")
        return client

    monkeypatch.setattr("ratchet.registry.client.connect", connecting)
    return whom


def test_tables_of_an_older_mlflow_have_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As MLflow 2.3 made them, the first with aliases."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/old.db")
    database = sqlite3.connect(tmp_path / "old.db")
    database.executescript("""
        CREATE TABLE registered_models (name TEXT, creation_time BIGINT);
        CREATE TABLE registered_model_tags (key TEXT, value TEXT, name TEXT);
        CREATE TABLE registered_model_aliases (alias TEXT, version INTEGER, name TEXT);
        CREATE TABLE model_versions (name TEXT, version INTEGER, creation_time BIGINT, current_stage TEXT);
        CREATE TABLE model_version_tags (key TEXT, value TEXT, name TEXT, version INTEGER);
        INSERT INTO registered_models VALUES ('sales', 5), ('other', 6);
        INSERT INTO registered_model_aliases VALUES ('champion', 1, 'sales'), ('champion', 9, 'other');
        INSERT INTO model_versions VALUES ('sales', 1, 7, 'None'), ('sales', 2, 8, 'Deleted_Internal');
        INSERT INTO model_version_tags VALUES ('a', 'b', 'sales', 1), ('a', 'c', 'sales', 2);
    """)
    database.close()
    assert look_up_model(tmp_path, MODEL) == RegisteredFacts(aliases={ALIAS: 1}, tags={})
    assert look_up_version(tmp_path, MODEL, 1) == VersionFacts(name=MODEL, version=1, made=7, tags={"a": "b"})
    assert look_up_version(tmp_path, MODEL, 2) is None


def test_another_workspace_s_model_of_the_same_name_is_not_ours(filled: Path) -> None:
    before = look_at_everything(filled)
    with sqlite3.connect(filled / "mlflow.db") as database:
        database.execute("INSERT INTO registered_models (workspace, name) VALUES ('theirs', ?)", (MODEL,))
        database.execute(
            "INSERT INTO registered_model_aliases (workspace, name, alias, version) VALUES ('theirs', ?, ?, 9)",
            (MODEL, ALIAS),
        )
    assert look_at_everything(filled) == before
