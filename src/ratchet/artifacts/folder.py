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


def find_folder(home: Path, model: str, run_id: str) -> RunFolder:
    """Return the folder of a run by its names, whether it is there or not."""
    return RunFolder(home, home / "runs" / model / run_id)


def folder_of(run: Run) -> RunFolder:
    """Return a run's folder; it is made when something is written into it."""
    return find_folder(run.home, run.model, run.run_id)


def list_folders(home: Path, model: str | None = None) -> list[RunFolder]:
    """Return the folders of a model's runs, or of every model's, in the order of their names."""
    found = (home / "runs").glob(f"{model or '[!.]*'}/[!.]*")
    return [RunFolder(home, path) for path in sorted(found) if path.is_dir()]
