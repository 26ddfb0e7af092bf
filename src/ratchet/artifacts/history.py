"""Records on disk, and the runs that came before."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ratchet.artifacts.adapters import adapter_of
from ratchet.artifacts.files import verified_path, write_text
from ratchet.artifacts.folder import RunFolder, folder_of
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.files import FileRef

Record = TypeVar("Record")


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


def find_runs(home: Path, model: str) -> list[tuple[RunFolder, Run]]:
    """Return a model's runs, the newest first, by the time they began."""
    folders = [RunFolder(home, path) for path in (home / "runs" / model).glob("[!.]*") if path.is_dir()]
    runs = [(folder, run) for folder in folders if (run := find_record(folder, "run", Run))]
    return sorted(runs, key=lambda pair: (pair[1].started, pair[1].run_id), reverse=True)
