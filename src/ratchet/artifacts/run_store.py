"""Where one run keeps its files, its records on disk, and the one place that looks for the runs that came before."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ratchet.artifacts.files import adapter_of, verified_path, write_text
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.files import FileRef
from ratchet.records.promotion import Promotion

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run: `<home>/runs/<model>/<run id>/`."""

    home: Path
    path: Path

    def file(self, name: str) -> Path:
        """Return the path of a file in it."""
        return self.path / name


StoredRun = tuple[RunFolder, Run]  # where a run is, and what it was asked for
logger = logging.getLogger(__name__)


def keep_record(run: Run, name: str, record: object) -> None:
    """Write a stage's record into the run folder as `<name>.json`."""
    text = adapter_of(type(record)).dump_json(record, indent=2).decode()
    write_text(folder_of(run).file(f"{name}.json"), text + "\n")


def find_record(folder: RunFolder, name: str, kind: type[Record]) -> Record | None:
    """Read a stage's record; None when the run never came that far.

    Raises:
        ArtifactError: the file is there and is not such a record.
    """
    path = folder.file(f"{name}.json")
    if not path.is_file():
        return None
    try:
        return adapter_of(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        raise ArtifactError(f"{path} is not a {kind.__name__} record: {error.errors()[0]['msg']}") from error


def read_record(ref: FileRef, home: Path, kind: type[Record]) -> Record:
    """Read a record that another one points to.

    Raises:
        ArtifactError: the file is missing, changed, or not such a record.
    """
    path = verified_path(ref, home)
    try:
        return adapter_of(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        raise ArtifactError(f"{path} is not a {kind.__name__} record: {error.errors()[0]['msg']}") from error


def keep_problem(run: Run, stage: str, problem: str) -> None:
    """Write down why a stage of a run could not be done: whoever notes that the run broke is not the one who knows."""
    write_text(folder_of(run).file(f"{stage}.problem"), f"{problem}\n")


def forget_problem(run: Run, stage: str) -> None:
    """Remove what an earlier try of a stage has written."""
    folder_of(run).file(f"{stage}.problem").unlink(missing_ok=True)


def find_problem(folder: RunFolder) -> str | None:
    """Return what went wrong first in a run, with its stage; None when no stage said so."""
    files = folder.path.glob("*.problem")
    first = min(files, key=lambda file: file.stat().st_mtime_ns, default=None)
    return f"{first.stem}: {first.read_text(encoding='utf-8').strip()}" if first else None


def find_runs(home: Path, model: str) -> list[StoredRun]:
    """Return a model's runs, the newest first, by the time they began.

    Raises:
        ArtifactError: what a run was asked for can't be read.
    """
    return _newest_first((folder, find_record(folder, "run", Run)) for folder in list_folders(home, model))


def find_readable_runs(home: Path, model: str) -> list[StoredRun]:
    """Return a model's runs like `find_runs`, without those that can't be read."""
    return _newest_first((folder, find_readable(folder, "run", Run)) for folder in list_folders(home, model))


def find_earlier_runs(run: Run) -> list[StoredRun]:
    """Return the readable runs that began no later than this one, the newest first; a run is not its own past."""
    return [each for each in find_readable_runs(run.home, run.model) if _is_past(each[1], run)]


def find_yardsticks(run: Run) -> list[StoredRun]:
    """Return the runs whose data and figures this one is held to, the newest first: a dry one may try a YAML out.

    Raises:
        ArtifactError: what a run was asked for can't be read.
    """
    return [each for each in find_runs(run.home, run.model) if _is_past(each[1], run) and not each[1].dry_run]


def _is_past(other: Run, run: Run) -> bool:
    return other.run_id != run.run_id and other.started <= run.started


def find_promotions(home: Path, model: str) -> list[tuple[RunFolder, Promotion]]:
    """Return the runs whose challenger became champion, the newest first; what can't be read is left out."""
    runs = ((folder, find_readable(folder, "promote", Promotion)) for folder, _ in find_readable_runs(home, model))
    return [(folder, promotion) for folder, promotion in runs if promotion is not None and promotion.moved]


def find_readable(folder: RunFolder, name: str, kind: type[Record]) -> Record | None:
    """Read an earlier run's record; None when it is damaged or of an older form, which stops no run of today."""
    try:
        return find_record(folder, name, kind)
    except ArtifactError as error:
        logger.warning("left out of the comparison: %s", error)
        return None


def _newest_first(runs: Iterable[tuple[RunFolder, Run | None]]) -> list[StoredRun]:
    known = [(folder, run) for folder, run in runs if run is not None]
    return sorted(known, key=lambda pair: (pair[1].started, pair[1].run_id), reverse=True)


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
