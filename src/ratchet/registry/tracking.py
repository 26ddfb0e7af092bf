"""A Ratchet run as MLflow shows it: one MLflow run, found again by its tag however often a task is tried."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Metric, RunTag, ViewType

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.config.training import EXTRAS
from ratchet.records.promotion import Shipped
from ratchet.registry.client import find_or_create_experiment
from ratchet.registry.facts import MODEL_FILE, RUN_ID, SERVER, TWIN_FILE
from ratchet.registry.versions import as_of_text

MODEL_FOLDER = "model"
MANIFEST_FILE = "MANIFEST.json"
BATCH = 100  # MLflow's own limit of tags in one request
LONGEST = 250  # characters of a metric's name, MLflow's own limit
LIBRARIES = ("mlflow", "numpy", "pandas", "ratchet", "scikit-learn", "skops", "xgboost")


def find_or_start_run(client: MlflowClient, run: Run) -> str:
    """Return the id of the MLflow run of this run; one that a killed task left RUNNING is used again."""
    experiment = find_or_create_experiment(client, run.home, run.model)
    # The run id's characters are restricted by `Run`, so it can't end the quoted text.
    found = client.search_runs([experiment], f"tags.`{RUN_ID}` = '{run.run_id}'", ViewType.ACTIVE_ONLY)
    if found:
        # Two tries at once may have made two runs: every one of them must choose the same.
        return min(str(each.info.run_id) for each in found)
    started = client.create_run(
        experiment, start_time=_milliseconds(run), tags={RUN_ID: run.run_id}, run_name=run.run_id
    )
    return str(started.info.run_id)


def log_model(client: MlflowClient, run: Run, shipped: Shipped) -> tuple[str, str]:
    """Log a model file, that of its judged twin and a manifest; return the MLflow run's id and the folder's address.

    Raises:
        ArtifactError: the model file is missing or was changed since it was fitted.
    """
    home, tracking_id = run.home, find_or_start_run(client, run)
    parent = folder_of(run).path
    parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=parent, prefix=".upload.") as folder:
        shutil.copyfile(verified_path(shipped.model, home), Path(folder, MODEL_FILE))
        if shipped.refitted is not None:
            shutil.copyfile(verified_path(shipped.judged.model, home), Path(folder, TWIN_FILE))
        Path(folder, MANIFEST_FILE).write_text(make_manifest(run, shipped), encoding="utf-8")
        client.log_artifacts(tracking_id, folder, MODEL_FOLDER)
    root: str = client.get_run(tracking_id).info.artifact_uri
    return tracking_id, f"{root.rstrip('/')}/{MODEL_FOLDER}"


def log_outcome(
    client: MlflowClient,
    run: Run,
    *,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    files: Sequence[Path],
) -> str:
    """Log what came of a run, mark its MLflow run FINISHED, and return where to see it.

    A second try writes the same again: metrics carry the time the run began.

    Returns:
        The page of the run where MLflow is a server, else its `runs:/` address.
    """
    tracking_id = find_or_start_run(client, run)
    at = _milliseconds(run)
    client.log_batch(tracking_id, metrics=[Metric(_name(key), value, at, 0) for key, value in metrics.items()])
    every = [RunTag(name, value) for name, value in tags.items()]
    for first in range(0, len(every), BATCH):
        client.log_batch(tracking_id, tags=every[first : first + BATCH])
    for file in files:
        client.log_artifact(tracking_id, str(file))
    client.set_terminated(tracking_id, "FINISHED")
    return _address(client, tracking_id)


def make_manifest(run: Run, shipped: Shipped) -> str:
    """Return the manifest of what is promoted as JSON; the same run and libraries give the same text."""
    challenger = shipped.judged
    own = [name for name in EXTRAS if name == challenger.estimator]
    facts = {
        "model": run.model,
        "run_id": run.run_id,
        "as_of": as_of_text(run),
        "candidate": challenger.name,
        "estimator": challenger.estimator,
        "sha256": shipped.model.sha256,
        "size_bytes": shipped.model.size_bytes,
        "judged_sha256": challenger.model.sha256,
        "config_sha256": run.config.fingerprint(),
        "libraries": {name: version(name) for name in (*LIBRARIES, *own)},
    }
    return json.dumps(facts, indent=2) + "\n"


def _address(client: MlflowClient, tracking_id: str) -> str:
    if not client.tracking_uri.startswith(SERVER):
        return f"runs:/{tracking_id}"
    experiment = client.get_run(tracking_id).info.experiment_id
    return f"{client.tracking_uri.rstrip('/')}/#/experiments/{experiment}/runs/{tracking_id}"


def _name(key: str) -> str:
    """Return a name that MLflow takes: brackets, as in `price 1 of 4 (below 10.17)`, it does not."""
    return " ".join(re.sub(r"[^\w.\- ]", " ", key).split())[:LONGEST]


def _milliseconds(run: Run) -> int:
    return int(run.started.timestamp() * 1000)
