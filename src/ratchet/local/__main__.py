"""`make up` and `make down`: the UIs of Airflow and MLflow, for a look."""

import os
import sys
from pathlib import Path

from rich.console import Console

from ratchet.config.settings import Settings, read_settings
from ratchet.errors import RatchetError, ServiceError
from ratchet.local.airflow import start_airflow, start_tracking, wait_until_tracking, wait_until_up
from ratchet.local.api import AirflowApi
from ratchet.local.environment import Site, make_site
from ratchet.local.processes import Service, read_running, register, stop_registered, stop_services

AIRFLOW_PORT = 8080
MLFLOW_PORT = 5000


def main(arguments: list[str]) -> int:
    """Run `up` or `down`; return the process's exit code."""
    console, settings = Console(), read_settings()
    commands = {"up": bring_up, "down": bring_down}
    if len(arguments) != 1 or arguments[0] not in commands:
        Console(stderr=True).print("usage: python -m ratchet.local up|down")
        return 2
    try:
        commands[arguments[0]](settings, console)
    except RatchetError as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, soft_wrap=True)
        return 1
    return 0


def bring_up(settings: Settings, console: Console) -> None:
    """Start Airflow and MLflow so that they outlive this process.

    Raises:
        ServiceError: they run already, or one did not come up; then none is left running.
    """
    refuse_second(settings)
    file = register_file(settings.home)
    site = make_site(settings, int(os.environ.get("RATCHET_PORT", AIRFLOW_PORT)))
    mlflow_port = int(os.environ.get("RATCHET_MLFLOW_PORT", MLFLOW_PORT))
    services: list[Service] = []
    try:
        tracking = start_tracking(settings.home, mlflow_port, outlives_us=True)
        services.append(tracking)
        services += start_airflow(site, outlives_us=True)
        # Before the wait: `make down` must find them even if we are killed meanwhile.
        register(file, services)
        wait_until_up(AirflowApi(site.url, site.user, site.password), services)
        wait_until_tracking(tracking, mlflow_port)
    # Ctrl-C too: either all are up and written down, or none is left.
    except BaseException:
        stop_services(services)
        file.unlink(missing_ok=True)
        raise
    console.print(where_it_is(site, mlflow_port), highlight=False, soft_wrap=True)


def refuse_second(settings: Settings) -> None:
    """Check that nothing of the project runs.

    Raises:
        ServiceError: something does; the sentence says of which home.
    """
    for home in homes_of(settings):
        if running := read_running(register_file(home)):
            raise ServiceError(f"{running[0].name} of {home} runs already; `make down` stops it")


def where_it_is(site: Site, mlflow_port: int) -> str:
    """Return the addresses of what was started, and how to get in."""
    return "\n".join(
        (
            f"Airflow  {site.url}  user {site.user}  password {site.password}",
            f"MLflow   http://127.0.0.1:{mlflow_port}",
            f"Alerts   {site.url}/ratchet/api/alerts  token in {site.webhook_token}",
            f"Showing {site.settings.home}; `make down` stops both.",
        )
    )


def bring_down(settings: Settings, console: Console) -> None:
    """Stop what `up` has started, for the demo's home too: `up` shows it until the site has runs of its own."""
    stopped = {home: stop_registered(register_file(home)) for home in homes_of(settings)}
    for home, names in stopped.items():
        if names:
            console.print(f"Stopped {', '.join(names)} of {home}.", highlight=False, soft_wrap=True)
    if not any(stopped.values()):
        console.print(f"Nothing of {settings.home} was running.", highlight=False, soft_wrap=True)


def homes_of(settings: Settings) -> tuple[Path, ...]:
    """Return where something of a project may run: its home, and the demo's."""
    return tuple(dict.fromkeys((settings.home, settings.project / "var" / "demo")))


def register_file(home: Path) -> Path:
    """Return where the running services of a home are written down."""
    return home / "services.json"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
