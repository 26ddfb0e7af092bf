import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.records import make_challenger
from builders.registry import make_entry
from builders.runs import make_config, make_run
from ratchet.errors import ArtifactError
from ratchet.records.promotion import Shipped
from ratchet.registry.tracking import LIBRARIES, find_or_start_run, log_model, log_outcome, make_manifest


def test_a_run_that_a_dead_task_left_running_is_used_again(home: Path, client: MlflowClient) -> None:
    run = make_run(home, run_id="scheduled__2026-01-05T06:00:00+00:00")
    first = find_or_start_run(client, run)
    assert client.get_run(first).info.status == "RUNNING"
    assert find_or_start_run(client, run) == first


def test_runs_are_kept_apart(home: Path, client: MlflowClient) -> None:
    assert find_or_start_run(client, make_run(home)) != find_or_start_run(client, make_run(home, run_id="run-2"))


def test_a_run_deleted_by_hand_is_started_again(home: Path, client: MlflowClient) -> None:
    first = find_or_start_run(client, make_run(home))
    client.delete_run(first)
    assert find_or_start_run(client, make_run(home)) != first


def test_the_model_is_logged_with_its_manifest(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1, as_of="2026-01-05T00:00:00Z")
    tracking_id, source = log_model(client, run, Shipped(judged=challenger))
    assert source.endswith(f"{tracking_id}/artifacts/model")
    assert [file.path for file in client.list_artifacts(tracking_id, "model")] == [
        "model/MANIFEST.json",
        "model/model.skops",
    ]
    manifest = json.loads((home / "mlartifacts/sales" / tracking_id / "artifacts/model/MANIFEST.json").read_text())
    assert manifest["sha256"] == challenger.model.sha256
    assert manifest["as_of"] == "2026-01-05T00:00:00+00:00"
    assert manifest["libraries"]["scikit-learn"]


def test_a_model_file_changed_since_the_fit_is_not_logged(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1)
    (home / challenger.model.path).write_bytes(b"other")
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        log_model(client, run, Shipped(judged=challenger))
    assert [path.name for path in (home / "runs/sales/run-1").iterdir()] == ["candidates"]


def test_an_outcome_logged_twice_is_there_once(home: Path, client: MlflowClient) -> None:
    run, page = make_run(home), home / "report.html"
    page.write_text("<p>")
    tags = {f"fact.{number}": str(number) for number in range(120)}
    addresses = {log_outcome(client, run, metrics={"gain": 0.01}, tags=tags, files=[page]) for _ in range(2)}
    tracking_id = find_or_start_run(client, run)
    assert addresses == {f"runs:/{tracking_id}"}
    logged = client.get_run(tracking_id)
    assert logged.info.status == "FINISHED"
    assert logged.data.tags["fact.119"] == "119"
    assert [metric.value for metric in client.get_metric_history(tracking_id, "gain")] == [0.01]
    assert [file.path for file in client.list_artifacts(tracking_id)] == ["report.html"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("gain.champion.price 1 of 4 (below 10.17)", "gain.champion.price 1 of 4 below 10.17"),
        ("gain.champion.price 2 of 4 (-3 to below 1e+06)", "gain.champion.price 2 of 4 -3 to below 1e 06"),
        ("gain.champion.größe", "gain.champion.größe"),
        ("a" * 300, "a" * 250),
    ],
)
def test_a_metric_is_named_as_mlflow_takes_it(key: str, name: str, home: Path, client: MlflowClient) -> None:
    run = make_run(home)
    log_outcome(client, run, metrics={key: 0.5}, tags={}, files=[])
    assert client.get_run(find_or_start_run(client, run)).data.metrics == {name: 0.5}


def test_the_same_run_gives_the_same_manifest(tmp_path: Path) -> None:
    assert make_manifest(make_run(tmp_path), Shipped(judged=make_challenger())) == make_manifest(
        make_run(tmp_path), Shipped(judged=make_challenger())
    )


def test_it_names_run_model_file_and_libraries(tmp_path: Path) -> None:
    manifest = json.loads(make_manifest(make_run(tmp_path, as_of=1200), Shipped(judged=make_challenger())))
    assert (manifest["model"], manifest["run_id"], manifest["as_of"]) == ("sales", "run-1", "1200")
    assert manifest["sha256"] == make_challenger().model.sha256
    assert set(manifest["libraries"]) == set(LIBRARIES)


def test_another_config_has_another_fingerprint(tmp_path: Path) -> None:
    texts = [
        make_manifest(make_run(tmp_path, config), Shipped(judged=make_challenger()))
        for config in (make_config(), make_config(owner="growth"))
    ]
    assert len({json.loads(text)["config_sha256"] for text in texts}) == 2
