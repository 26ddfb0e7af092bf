"""A local Airflow whose scheduler can be killed."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ratchet.local.airflow import COMPONENTS, wait_until_up
from ratchet.local.api import AirflowApi
from ratchet.local.environment import Site, airflow_environment, scheduler_environment
from ratchet.local.processes import Service, run_to_end, session_members, start_service, stop_services

# A minute or five by default: that a scheduler or a task is dead is noticed within seconds.
IMPATIENT = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "6",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
}


@dataclass
class BreakableAirflow:
    """Its API, and its processes."""

    site: Site
    api: AirflowApi
    services: dict[str, Service]

    def kill_scheduler(self) -> None:
        """Kill the scheduler with all its workers, and start another."""
        leader = self.services["scheduler"].process.pid
        for pid in session_members(leader):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.services["scheduler"].process.wait()
        self.services["scheduler"] = start_component("scheduler", self.site)


@contextmanager
def breakable_airflow(site: Site) -> Iterator[BreakableAirflow]:
    """Run one for as long as the block lasts."""
    command, logs = airflow_command(), site.folder / "components"
    environment = airflow_environment(site) | IMPATIENT
    run_to_end("airflow db migrate", [command, "db", "migrate"], environment=environment, log=logs / "migrate.log")
    running = BreakableAirflow(
        site, AirflowApi(site.url, site.user, site.password), {name: start_component(name, site) for name in COMPONENTS}
    )
    try:
        wait_until_up(running.api, [*running.services.values()])
        yield running
    finally:
        running.api.close()
        stop_services([*running.services.values()])


def start_component(name: str, site: Site) -> Service:
    """Start one component."""
    environment = airflow_environment(site) | IMPATIENT
    if name == "scheduler":
        environment = scheduler_environment(environment)
    log = site.folder / "components" / f"{name}.log"
    return start_service(name, [airflow_command(), *COMPONENTS[name]], environment=environment, log=log)


def airflow_command() -> str:
    """Return the command of the environment that the tests run in."""
    return str(Path(sys.executable).with_name("airflow"))
