"""Where one run keeps its files."""

from dataclasses import dataclass
from pathlib import Path

from ratchet.config.run import Run


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run: `<home>/runs/<model>/<run id>/`."""

    home: Path
    path: Path

    def file(self, name: str) -> Path:
        """Return the path of a file in it."""
        return self.path / name


def folder_of(run: Run) -> RunFolder:
    """Return a run's folder; it is made when something is written into it."""
    home = run.home
    return RunFolder(home, home / "runs" / run.model / run.run_id)
