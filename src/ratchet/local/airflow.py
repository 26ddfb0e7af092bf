"""A whole local Airflow and an MLflow server on the registry that the runs write to, all on loopback."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ratchet.config.settings import QUIET
from ratchet.errors import ServiceError
from ratchet.local.api import AirflowApi
from ratchet.local.environment import Site, airflow_environment, inherited, scheduler_environment
from ratchet.local.processes import LOOPBACK, Service, require_free_port, run_to_end, start_service, stop_services

AIRFLOW_WITHIN_SECONDS, MLFLOW_WITHIN_SECONDS = 180.0, 120.0
MIN_FREE_BYTES = 1 << 30  # Airflow's logs, its database, the runs
COMPONENTS = {
    "scheduler": ("scheduler", "-s"),  # -s: no log server, which would listen on every address
    "dag-processor": ("dag-processor",),
    "api-server": ("api-server",),
    "triggerer": ("triggerer", "-s"),
}


@contextmanager
def local_airflow(site: Site) -> Iterator[AirflowApi]:
    """Run a local Airflow for as long as the block lasts, and leave nothing running after it.

    Raises:
        ServiceError: the port is taken, there is no space, or a component did not come up.
    """
    services = start_airflow(site)
    api = AirflowApi(site.url, site.user, site.password)
    try:
        wait_until_up(api, services)
        yield api
    finally:
        api.close()
        stop_services(services)


def start_airflow(site: Site, *, outlives_us: bool = False) -> list[Service]:
    """Start the components, without waiting for them.

    Raises:
        ServiceError: the port is taken, there is no space, or the database could not be made.
    """
    require_free_port(site.port, service="Airflow", setting="RATCHET_PORT")
    require_space(site.folder)
    environment = airflow_environment(site)
    command = str(Path(sys.executable).with_name("airflow"))
    logs = site.folder / "components"
    run_to_end("airflow db migrate", [command, "db", "migrate"], environment=environment, log=logs / "migrate.log")
    return [
        start_service(
            name,
            [command, *arguments],
            environment=scheduler_environment(environment) if name == "scheduler" else environment,
            log=logs / f"{name}.log",
            outlives_us=outlives_us,
        )
        for name, arguments in COMPONENTS.items()
    ]


def wait_until_up(api: AirflowApi, services: list[Service]) -> None:
    """Wait until every component is healthy.

    Raises:
        ServiceError: one has ended, or they took too long.
    """
    deadline = time.monotonic() + AIRFLOW_WITHIN_SECONDS
    while not api.is_up():
        for service in services:
            service.require_alive()
        if time.monotonic() > deadline:
            logs = services[0].log.parent
            raise ServiceError(f"Airflow did not come up in {AIRFLOW_WITHIN_SECONDS:.0f} s; see the logs in {logs}")
        time.sleep(0.3)


def require_space(folder: Path) -> None:
    """Check that the disk has room for a local site.

    Raises:
        ServiceError: it has not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        raise ServiceError(f"{folder}: {free >> 20} MiB free, {MIN_FREE_BYTES >> 20} MiB are needed; make room")


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
    deadline = time.monotonic() + MLFLOW_WITHIN_SECONDS
    while not _answers(port):
        service.require_alive()
        if time.monotonic() > deadline:
            raise ServiceError(f"MLflow did not come up in {MLFLOW_WITHIN_SECONDS:.0f} s; see {service.log}")
        time.sleep(0.3)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False
