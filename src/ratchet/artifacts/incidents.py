"""Incidents as files that people fill in; what they have written is never written over.

`<home>/monitoring/<model>/incidents/<key>.yaml` is made once. After that, monitoring adds comments at its end and
fills in when the incident closed, if nobody else has.
"""

import json
import logging
import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from pathlib import Path

import yaml

from ratchet.artifacts.files import write_text, written_atomically
from ratchet.artifacts.monitoring_store import monitoring_of
from ratchet.records.alerts import Incident

logger = logging.getLogger(__name__)

OPEN = re.compile(r"^closed:[ \t]*(?:null|~)?[ \t]*(?=#|\r?$)", re.MULTILINE)
SEVERITY = re.compile(r"^severity:[ \t]*(\d+)", re.MULTILINE)
FORM = """\
# Somebody has to look into this. Fill in what you learn: monitoring never writes over it.
key: {key}
model: {model}
opened: {opened}
severity: {severity}  # 1 is the worst
symptoms:
{symptoms}
runbook: docs/runbooks/{runbook}
report: {report}
cause: ""  # what it was
resolution: ""  # what was done
prevention: ""  # what keeps it from coming back
closed: null  # when it is over, such as 2026-01-31T10:00:00Z; monitoring fills it in after enough green windows
"""


def incident_path(home: Path, incident: Incident) -> Path:
    """Return the file of an incident."""
    return monitoring_of(home, incident.model) / "incidents" / f"{incident.key}.yaml"


def write_incident(home: Path, incident: Incident, report: str, told: Collection[str] = ()) -> Path:
    """Write an incident's file, or add to it what is new since.

    Args:
        home: where Ratchet keeps its files.
        incident: as it is now.
        report: page of the run that opened it.
        told: symptoms that earlier runs have written: people may have deleted them since.
    """
    path = incident_path(home, incident)
    if not path.is_file():
        write_text(path, _fill_form(incident, report))
        return path
    before = path.read_bytes().decode(errors="surrogateescape")  # whatever it is, it must come back as it was
    after = _close(_add_symptoms(before, incident, told), incident)
    if after != before:
        with written_atomically(path) as temporary:
            temporary.write_bytes(after.encode(errors="surrogateescape"))
    return path


def read_closing(home: Path, incident: Incident) -> datetime | None:
    """Return when people wrote that an incident is over; None while it is open, or when the file can't be read."""
    return _as_moment(_read(incident_path(home, incident)).get("closed"))


def read_opening(home: Path, incident: Incident) -> datetime | None:
    """Return when an incident opened, as its file says; None where there is none yet, or it can't be read."""
    return _as_moment(_read(incident_path(home, incident)).get("opened"))


def _read(path: Path) -> dict[str, object]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        logger.warning("%s can't be read, so the incident counts as open: %s", path, str(error).splitlines()[0])
        return {}
    return content if isinstance(content, dict) else {}


def _fill_form(incident: Incident, report: str) -> str:
    return FORM.format(
        key=_quote(incident.key),
        model=_quote(incident.model),
        opened=_write_moment(incident.opened),
        severity=incident.severity,
        symptoms="\n".join(f"  - {_quote(symptom)}" for symptom in incident.symptoms) or "  []",
        runbook=incident.runbook,
        report=_quote(report),
    )


def _add_symptoms(text: str, incident: Incident, told: Collection[str]) -> str:
    """Add what turned red later as comments: whatever people made of the file, a comment at its end breaks nothing."""
    new = [symptom for symptom in incident.symptoms if symptom not in told and _quote(symptom) not in text]
    lines = [f"# also seen: {' '.join(symptom.split())}\n" for symptom in new]
    lines = [line for line in lines if line not in text]
    if not lines:
        return text
    return text + ("" if text.endswith("\n") else "\n") + "".join(lines) + _tell_worse(text, incident)


def _tell_worse(text: str, incident: Incident) -> str:
    """Return a comment where the file says that an incident is less severe than it has become; else nothing."""
    said, line = SEVERITY.search(text), f"# it has become worse: severity {incident.severity}\n"
    return line if said and int(said[1]) > incident.severity and line not in text else ""


def _close(text: str, incident: Incident) -> str:
    if incident.closed is None:
        return text
    return OPEN.sub(f"closed: {_write_moment(incident.closed)}  ", text, count=1)


def _as_moment(value: object) -> datetime | None:
    """Read a time or a day as people write them; without a zone it is UTC."""
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time.min, UTC) if isinstance(value, date) else None


def _parse(text: str) -> datetime | None:
    try:
        return _as_moment(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _quote(text: str) -> str:
    """Write text in the form that is both JSON and YAML."""
    return json.dumps(text, ensure_ascii=False)
