"""What monitoring leaves: records of its runs, references of champions, and profiles of days.

`<home>/monitoring/<model>/` holds `runs/<run id>/`, one JSON a stage; `references/<version>/`, made once a champion;
and `profiles/<digest of the reference>/`, a day each. Training runs stand elsewhere, so none is mistaken for another.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sys import maxsize

from ratchet.artifacts.files import adapter_of, refer_to, verified_path, write_text
from ratchet.artifacts.run_store import RunFolder, find_record
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.alerts import AlertReport
from ratchet.records.files import FileRef
from ratchet.records.monitoring import StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Moment, Window, is_before, is_time

MOMENT = "as_of"
ALERT_REPORT = "alert"  # the stage whose records later runs remember
PAGE = "monitoring.html"  # in the folder of a monitoring run
MOST = 400  # earlier runs that are remembered: more than a year of days
OBSERVED_ROWS = "observed.parquet"
HEAVY = (OBSERVED_ROWS, "evidently-*.html")  # made again by monitoring the same as-of again
KEPT_RUNS = 10  # of which these are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """When a monitoring run looked, and from where.

    Attributes:
        as_of: what counted as known.
        started: when the run began; of two that looked from one moment, the later counts.
    """

    as_of: Moment
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReference:
    """The rows that a version is compared with, kept as long as the version.

    Attributes:
        reference: a `Reference` as JSON.
        profile: its `Profile`.
        rows: Parquet.
        digest: of the bins.
        warnings: what was accepted with a remark.
    """

    reference: FileRef
    profile: FileRef
    rows: FileRef
    digest: str
    warnings: tuple[str, ...] = ()


def monitoring_of(home: Path, model: str) -> Path:
    """Return the folder of a model's monitoring."""
    return home / "monitoring" / model


def monitoring_folder(run: Run) -> RunFolder:
    """Return a monitoring run's folder; it is made when something is written into it."""
    home = run.home
    return RunFolder(home, monitoring_of(home, run.model) / "runs" / run.run_id)


def keep_monitoring(run: Run, name: str, record: object) -> None:
    """Write a stage's record into the monitoring run's folder as `<name>.json`."""
    _write(monitoring_folder(run).file(f"{name}.json"), record)


def keep_moment(run: Run, as_of: Moment) -> None:
    """Write from where a monitoring run looked; without it, later runs do not find its records."""
    keep_monitoring(run, MOMENT, Looked(as_of=as_of, started=run.started))


def find_alert_reports(home: Path, model: str, before: Moment, *, at_most: int = MOST) -> tuple[AlertReport, ...]:
    """Return what earlier runs had to say, in the order of what they counted as known.

    Args:
        home: where Ratchet keeps its files.
        model: the model.
        before: only runs whose as-of is earlier; of several with one as-of, the one that began last.
        at_most: so many, the latest.

    Raises:
        ArtifactError: a record is damaged.
    """
    folders = _folders_before(home, model, before)[-at_most:]
    return tuple(record for folder in folders if (record := find_record(folder, ALERT_REPORT, AlertReport)) is not None)


def find_latest_alert_report(home: Path, model: str, *, has_clock: bool) -> AlertReport | None:
    """Return what the run of the latest as-of had to say; None when the model was never monitored.

    Raises:
        ArtifactError: its record is damaged.
    """
    end: Moment = datetime.max.replace(tzinfo=UTC) if has_clock else maxsize
    return next(iter(find_alert_reports(home, model, end, at_most=1)), None)


def find_later_look(home: Path, report: AlertReport) -> Moment | None:
    """Return the latest as-of that the model was looked at from, where it is later than this report's; else None.

    Incidents, the ledger and requests for a retrain follow the latest look alone.
    """
    latest = find_latest_alert_report(home, report.model, has_clock=is_time(report.as_of))
    return latest.as_of if latest and is_before(report.as_of, latest.as_of) else None


def reference_folder(run: Run, version: int) -> RunFolder:
    """Return where the reference of a version is kept; other features or segments make another."""
    data = run.config.data
    facts = [data.features, run.config.monitoring.segments, data.target.model_dump(mode="json"), run.config.task]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]
    home = run.home
    return RunFolder(home, monitoring_of(home, run.model) / "references" / f"{version}-{digest}")


def find_reference(folder: RunFolder) -> StoredReference | None:
    """Return the reference that is kept in a folder; None when there is none, or a file of it is missing or damaged."""
    try:
        stored = find_record(folder, "made", StoredReference)
        for ref in (stored.reference, stored.profile, stored.rows) if stored else ():
            verified_path(ref, folder.home)
    except ArtifactError:
        return None  # it is made again, from the same rows
    return stored


def keep_reference(
    folder: RunFolder, reference: Reference, profile: Profile, rows: FileRef, warnings: Iterable[str]
) -> StoredReference:
    """Keep a reference beside its rows; what a killed process leaves is no reference yet."""
    for name, record in (("reference", reference), ("profile", profile)):
        _write(folder.file(f"{name}.json"), record)
    stored = StoredReference(
        reference=refer_to(folder.file("reference.json"), folder.home),
        profile=refer_to(folder.file("profile.json"), folder.home),
        rows=rows,
        digest=reference.digest,
        warnings=tuple(warnings),
    )
    _write(folder.file("made.json"), stored)
    return stored


class ProfileStore:
    """The profiles that were made with the bins of one reference.

    A file is named by its window, by which predictions that had, and by how many of them could be counted: a day to
    which rows are added gets another file, and what earlier runs refer to stays as it was.
    """

    def __init__(self, home: Path, model: str, digest: str) -> None:
        """Start with whatever is there."""
        self._home = home
        self._folder = monitoring_of(home, model) / "profiles" / digest

    def find(self, window: Window, fingerprint: int, at_least: int) -> StoredProfile | None:
        """Return the profile that counted most of these predictions; None when so many were never counted."""
        name = _name_of(window, fingerprint)
        found = {int(path.stem.rpartition(".")[2]): path for path in self._folder.glob(f"{name}.*.json")}
        rows = max(found, default=-1)
        if rows < at_least:
            return None
        return StoredProfile(window=window, file=refer_to(found[rows], self._home), rows=rows)

    def keep(self, window: Window, fingerprint: int, profile: Profile) -> StoredProfile:
        """Keep a profile."""
        path = self._folder / f"{_name_of(window, fingerprint)}.{profile.rows}.json"
        _write(path, profile)
        return StoredProfile(window=window, file=refer_to(path, self._home), rows=profile.rows)


def sweep_heavy(home: Path, model: str) -> None:
    """Remove the observed rows and Evidently's pages of all runs but the newest: records and our own pages stay."""
    for name in HEAVY:
        files = (monitoring_of(home, model) / "runs").glob(f"[!.]*/{name}")
        for path in sorted(files, key=_written_at, reverse=True)[KEPT_RUNS:]:
            path.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another run swept it meanwhile
        return 0.0


def _name_of(window: Window, fingerprint: int) -> str:
    start, end = (_text_of(moment) for moment in (window.start, window.end))
    return f"{start}_{end}.{fingerprint:016x}"


def _text_of(moment: Moment) -> str:
    if isinstance(moment, int):
        return f"{moment:012d}"
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S")
    return f"{text}-{moment.microsecond:06d}" if moment.microsecond else text


def _folders_before(home: Path, model: str, before: Moment) -> list[RunFolder]:
    """Return one folder an as-of, the earliest first; runs that never came to a report are left out."""
    latest: dict[Moment, tuple[datetime, str, RunFolder]] = {}
    for path in (monitoring_of(home, model) / "runs").glob(f"[!.]*/{ALERT_REPORT}.json"):
        folder = RunFolder(home, path.parent)
        looked = find_record(folder, MOMENT, Looked)
        if looked is None or not is_before(looked.as_of, before):
            continue
        entry = (looked.started, path.parent.name, folder)
        if looked.as_of not in latest or entry[:2] > latest[looked.as_of][:2]:
            latest[looked.as_of] = entry
    return [latest[as_of][2] for as_of in sorted(latest)]  # all of one kind


def _write(path: Path, record: object) -> None:
    write_text(path, adapter_of(type(record)).dump_json(record, indent=2).decode() + "\n")
