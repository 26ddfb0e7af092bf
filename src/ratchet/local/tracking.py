"""A local MLflow server on the registry that the runs write to."""

import sys
from pathlib import Path

from ratchet.config.quiet import QUIET
from ratchet.local.environment import inherited
from ratchet.local.ports import LOOPBACK, require_free_port
from ratchet.local.processes import Service, start_service


def start_tracking(home: Path, port: int, *, outlives_us: bool = False) -> Service:
    """Start MLflow's server and UI, without waiting for it.

    Raises:
        ServiceError: the port is taken.
    """
    require_free_port(port, service="MLflow", setting="RATCHET_MLFLOW_PORT")
    command = [
        str(Path(sys.executable).with_name("mlflow")),
        "server",
        f"--backend-store-uri=sqlite:///{home}/mlflow.db",
        f"--artifacts-destination={home}/mlartifacts",
        f"--host={LOOPBACK}",
        f"--port={port}",
        "--workers=1",
    ]
    environment = {**inherited(), **QUIET}
    return start_service(
        "mlflow server", command, environment=environment, log=home / "mlflow-server.log", outlives_us=outlives_us
    )
