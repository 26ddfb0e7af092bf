"""What monitoring leaves: records of its runs, references of champions, and profiles of days.

`<home>/monitoring/<model>/` holds `runs/<run id>/`, one JSON a stage; `references/<version>/`, made once a champion;
and `profiles/<digest of the reference>/`, a day each. Training runs stand elsewhere, so none is mistaken for another.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from ratchet.artifacts.files import write_text
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_record
from ratchet.config.run import Run
from ratchet.records.alerts import Watch
from ratchet.records.appraisal import Appraisal
from ratchet.records.monitoring import Moment, Shift

Record = TypeVar("Record")
MOMENT = "as_of"
MOST = 400  # earlier runs that are remembered: more than a year of days


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """When a monitoring run looked, and from where.

    Attributes:
        as_of: what counted as known.
        started: when the run began; of two that looked from one moment, the later counts.
    """

    as_of: Moment
    started: datetime


def monitoring_of(home: Path, model: str) -> Path:
    """Return the folder of a model's monitoring."""
    return home / "monitoring" / model


def monitoring_folder(run: Run) -> RunFolder:
    """Return a monitoring run's folder; it is made when something is written into it."""
    home = Path(run.home)
    return RunFolder(home, monitoring_of(home, run.model) / "runs" / run.run_id)


def keep_monitoring(run: Run, name: str, record: object) -> None:
    """Write a stage's record into the monitoring run's folder as `<name>.json`."""
    _write(monitoring_folder(run).file(f"{name}.json"), record)


def keep_moment(run: Run, as_of: Moment) -> None:
    """Write from where a monitoring run looked; without it, later runs do not find its records."""
    keep_monitoring(run, MOMENT, Looked(as_of=as_of, started=run.started))


def find_watches(home: Path, model: str, before: Moment, *, at_most: int = MOST) -> tuple[Watch, ...]:
    """Return what earlier runs had to say, in the order of what they counted as known.

    Args:
        home: where Ratchet keeps its files.
        model: the model.
        before: only runs whose as-of is earlier; of several with one as-of, the one that began last.
        at_most: so many, the latest.

    Raises:
        ArtifactError: a record is damaged.
    """
    return _find(home, model, before, ("alert", Watch), at_most)


def find_shifts(home: Path, model: str, before: Moment, *, at_most: int = MOST) -> tuple[Shift, ...]:
    """Return how far earlier windows were from the reference; as `find_watches` otherwise."""
    return _find(home, model, before, ("compare", Shift), at_most)


def find_appraisals(home: Path, model: str, before: Moment, *, at_most: int = MOST) -> tuple[Appraisal, ...]:
    """Return how well production went as known earlier; as `find_watches` otherwise."""
    return _find(home, model, before, ("appraise", Appraisal), at_most)


def _find(home: Path, model: str, before: Moment, wanted: tuple[str, type[Record]], at_most: int) -> tuple[Record, ...]:
    stage, kind = wanted
    folders = _folders_before(home, model, before, stage)[-at_most:]
    return tuple(record for folder in folders if (record := find_record(folder, stage, kind)) is not None)


def _folders_before(home: Path, model: str, before: Moment, stage: str) -> list[RunFolder]:
    """Return one folder an as-of, the earliest first; runs that never came to the stage are left out."""
    latest: dict[Moment, tuple[datetime, str, RunFolder]] = {}
    for path in (monitoring_of(home, model) / "runs").glob(f"[!.]*/{stage}.json"):
        folder = RunFolder(home, path.parent)
        looked = find_record(folder, MOMENT, Looked)
        if looked is None or not _is_earlier(looked.as_of, before):
            continue
        entry = (looked.started, path.parent.name, folder)
        if looked.as_of not in latest or entry[:2] > latest[looked.as_of][:2]:
            latest[looked.as_of] = entry
    return [latest[as_of][2] for as_of in sorted(latest)]  # all of one kind


def _is_earlier(moment: Moment, limit: Moment) -> bool:
    """Compare two moments; those of data that had no clock yet say nothing about data that has one."""
    if isinstance(moment, datetime) and isinstance(limit, datetime):
        return moment < limit
    return isinstance(moment, int) and isinstance(limit, int) and moment < limit


def _write(path: Path, record: object) -> None:
    write_text(path, TypeAdapter(type(record)).dump_json(record, indent=2).decode() + "\n")
