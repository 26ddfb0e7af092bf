"""A local MLflow server on the registry that the runs write to."""

import sys
import time
from pathlib import Path

import httpx

from ratchet.config.quiet import QUIET
from ratchet.errors import ServiceError
from ratchet.local.environment import inherited
from ratchet.local.ports import LOOPBACK, require_free_port
from ratchet.local.processes import Service, start_service

UP_WITHIN_SECONDS = 120.0


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


def wait_until_tracking(service: Service, port: int) -> None:
    """Wait until MLflow answers.

    Raises:
        ServiceError: it has ended, or took too long.
    """
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    while not _answers(port):
        service.require_alive()
        if time.monotonic() > deadline:
            raise ServiceError(f"MLflow did not come up in {UP_WITHIN_SECONDS:.0f} s; see {service.log}")
        time.sleep(0.3)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False
