"""Where this installation keeps things, who asks, and that no library calls home: read once, at the edge."""

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

from ratchet.config.machine import count_processors
from ratchet.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The folders of one installation.

    Attributes:
        project: what relative paths in a YAML start from; holds `include/`.
        home: what Ratchet makes: runs, registry, locks.
    """

    project: Path
    home: Path

    @property
    def models(self) -> Path:
        """The folder of the model files."""
        return self.project / "include" / "models"


def read_settings(project: Path | None = None, home: Path | None = None) -> Settings:
    """Read `RATCHET_PROJECT` (default: the current folder) and `RATCHET_HOME` (default: `var/` in the project).

    Args:
        project: instead of the environment's; its own `var/` is then the default of the home.
        home: instead of the environment's.
    """
    found = Path(project or os.environ.get("RATCHET_PROJECT", ".")).resolve()
    inside = found / "var"
    own = inside if project else os.environ.get("RATCHET_HOME", inside)
    return Settings(project=found, home=Path(home or own).resolve())


def read_threads() -> int:
    """Read `RATCHET_THREADS`, how many threads a model may use; without it, as many processors as this process may use.

    Raises:
        ConfigError: it is no number of threads.
    """
    text = os.environ.get("RATCHET_THREADS", "") or str(count_processors())
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"RATCHET_THREADS is '{text}'; it should be a number of threads, 1 or more")
    return int(text)


def name_person() -> str:
    """Return the name of the account that runs this; its number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError up to Python 3.12
        return f"user {os.getuid()}"


QUIET = {
    # A switch for each library; MLflow reads "true", not "1", in DO_NOT_TRACK.
    "DO_NOT_TRACK": "true",  # Evidently and others
    "SCARF_ANALYTICS": "false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "GX_ANALYTICS_ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}

ONE_THREAD = {  # a process that starts no thread by importing can be forked; a fit asks for the threads it needs
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # jemalloc(3), with the prefix of Arrow's own copy
}
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # threads that wait and spin slow a fit down many times on a busy machine


def keep_quiet() -> None:
    """Switch telemetry, chatter and idle threads off here and in children, before the libraries are imported.

    What a person has set stays as it is.
    """
    for name, value in (QUIET | ONE_THREAD | PASSIVE).items():
        os.environ.setdefault(name, value)
