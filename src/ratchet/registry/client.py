"""The way into MLflow, and where a model's artifacts are kept."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage

from ratchet.registry.facts import SERVER, find_address
from ratchet.registry.lock import held_lock

FILE = "sqlite:///"  # before the path of a database that is a file


def connect(home: Path) -> MlflowClient:
    """Open the registry: `MLFLOW_TRACKING_URI`, or a SQLite database in Ratchet's home that is made on first use.

    A registry that can't be reached raises MLflow's own error: that is the infrastructure's fault, and another try
    may mend it. MLflow bounds its own tries.
    """
    uri = find_address(home)
    if uri.startswith(SERVER):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)
    # Two processes that both find an empty database would both run MLflow's migrations.
    with held_lock(home / "locks" / "mlflow.lock"):
        file = Path(uri.removeprefix(FILE))
        if uri.startswith(FILE) and not (file.exists() and file.stat().st_size):
            _make_database(file)
        return _open(uri)


def _make_database(file: Path) -> None:
    """Make MLflow's tables beside their place: migrations that are killed half way can't be run again."""
    half_made = file.with_name(file.name + ".new")
    for leftover in (half_made, half_made.with_name(half_made.name + "-journal")):
        leftover.unlink(missing_ok=True)
    _open(f"{FILE}{half_made}")
    half_made.replace(file)


def _open(uri: str) -> MlflowClient:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_registered_models(max_results=1)  # the registry's tables are made by its first use
    return client


def find_or_create_experiment(client: MlflowClient, home: Path, model: str) -> str:
    """Return the id of a model's experiment, which is named after it; one that was deleted is restored."""
    experiment = client.get_experiment_by_name(model)
    if experiment is None:
        return str(client.create_experiment(model, artifact_location=_artifact_location(client, home, model)))
    if experiment.lifecycle_stage == LifecycleStage.DELETED:
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)


def _artifact_location(client: MlflowClient, home: Path, model: str) -> str | None:
    if client.tracking_uri.startswith(SERVER):
        return None  # a server knows its own store
    return (home / "mlartifacts" / model).absolute().as_uri()
