"""A whole local Airflow: database, scheduler, dag-processor, API server and triggerer, all on loopback."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet.errors import ServiceError
from ratchet.local.api import AirflowApi
from ratchet.local.environment import Site, airflow_environment, scheduler_environment
from ratchet.local.ports import require_free_port
from ratchet.local.processes import Service, run_to_end, start_service, stop_services

UP_WITHIN_SECONDS = 180.0
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
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    while not api.is_up():
        for service in services:
            service.require_alive()
        if time.monotonic() > deadline:
            logs = services[0].log.parent
            raise ServiceError(f"Airflow did not come up in {UP_WITHIN_SECONDS:.0f} s; see the logs in {logs}")
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
