"""Where this installation keeps things: read from the environment once, at the edge (command line, first task)."""

import os
from dataclasses import dataclass
from pathlib import Path

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


def read_settings() -> Settings:
    """Read `RATCHET_PROJECT` (default: the current folder) and `RATCHET_HOME` (default: `var/` in the project)."""
    project = Path(os.environ.get("RATCHET_PROJECT", ".")).resolve()
    return Settings(project=project, home=Path(os.environ.get("RATCHET_HOME", project / "var")).resolve())


def read_threads() -> int:
    """Read `RATCHET_THREADS`, how many threads a model may use; without it, as many as there are processors.

    Raises:
        ConfigError: it is no number of threads.
    """
    text = os.environ.get("RATCHET_THREADS", "") or str(os.cpu_count() or 1)
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"RATCHET_THREADS is '{text}'; it should be a number of threads, 1 or more")
    return int(text)
