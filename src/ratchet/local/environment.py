"""The environment in which a local Airflow and everything it starts run: bound to loopback, silent, reproducible."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ratchet.config.settings import PASSIVE, QUIET, Settings
from ratchet.local.processes import LOOPBACK

PRELOAD = Path(__file__).resolve().parents[1] / "orchestration" / "preload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one local Airflow lives.

    Attributes:
        settings: the project and Ratchet's home.
        port: of the API server and UI.
        user: who may log in.
        password: generated once a home.
        database: SQLAlchemy URL of Airflow's own database; None for SQLite in the home.
    """

    settings: Settings
    port: int
    user: str
    password: str
    database: str | None = None

    @property
    def folder(self) -> Path:
        """Airflow's own home."""
        return self.settings.home / "airflow"

    @property
    def url(self) -> str:
        """Address of the UI and the API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def webhook_token(self) -> Path:
        """The file with the webhook's token, as Alertmanager's `credentials_file` wants it."""
        return self.folder / "webhook_token"


def make_site(settings: Settings, port: int, *, user: str = "admin", database: str | None = None) -> Site:
    """Prepare the folders and secrets of a local Airflow; a second call finds what the first made."""
    folder = settings.home / "airflow"
    folder.mkdir(parents=True, exist_ok=True)
    passwords = folder / "passwords.json"
    if not passwords.exists():
        _write_private(passwords, json.dumps({user: secrets.token_urlsafe(12)}))
    password = json.loads(passwords.read_text())[user]
    site = Site(settings=settings, port=port, user=user, password=password, database=database)
    if not site.webhook_token.exists():
        _write_private(site.webhook_token, secrets.token_urlsafe(32))
    return site


def airflow_environment(site: Site) -> dict[str, str]:
    """Return the whole environment of a local Airflow's components."""
    keys = _keys(site.folder / "keys.json")
    parallelism = str(os.cpu_count() or 1)
    settings = {
        "AIRFLOW_HOME": str(site.folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(site.settings.project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(site.settings.project / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": parallelism,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{site.user}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(site.folder / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{site.url}/execution/",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(site.port),
        "AIRFLOW__API__BASE_URL": site.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",  # 1 s by default, at every step of a run
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "RATCHET_PROJECT": str(site.settings.project),
        "RATCHET_HOME": str(site.settings.home),
        "RATCHET_WEBHOOK_TOKEN_FILE": os.environ.get("RATCHET_WEBHOOK_TOKEN_FILE") or str(site.webhook_token),
        "PYTHONUNBUFFERED": "1",
        # The virtual environment's commands first: components start others by name.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    if site.database:
        settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = site.database
    return {**PASSIVE, **inherited(), **QUIET, **settings}


def scheduler_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the same with the heavy libraries loaded once, before the scheduler forks its workers."""
    path = os.pathsep.join(part for part in (str(PRELOAD), environment.get("PYTHONPATH", "")) if part)
    return {**environment, "PYTHONPATH": path}


def inherited() -> dict[str, str]:
    """Return the shell's environment without its AIRFLOW settings: a stray one must not reach a local site."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}


def _keys(path: Path) -> dict[str, str]:
    if not path.exists():
        fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        keys = {"fernet": fernet, "api": secrets.token_hex(32), "jwt": secrets.token_hex(64)}
        _write_private(path, json.dumps(keys))
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _write_private(path: Path, text: str) -> None:
    # Private from the moment it exists: a mode set afterwards would come too late.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
