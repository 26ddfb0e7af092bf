"""Alert: say what the model needs, open an incident, and ask for a retrain, each of them once."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ratchet.alerts.incidents import is_news
from ratchet.alerts.notices import make_notices
from ratchet.alerts.raising import raise_alerts
from ratchet.artifacts.incidents import incident_path, read_closing, read_opening, write_incident
from ratchet.artifacts.monitoring_store import PAGE, find_alert_reports, find_later_look, monitoring_folder
from ratchet.config.run import Run
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import append_to
from ratchet.ledger.notices import tell_channels
from ratchet.ledger.triggers import name_entry, write_trigger
from ratchet.records.admission import Trigger, TriggerKind
from ratchet.records.alerts import LABELLED, AlertLevel, AlertReport, Incident
from ratchet.records.ledger import Kind, Note
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Moment

logger = logging.getLogger(__name__)

REMEMBERED = 100  # earlier reports: what is looked at daily, over the 90 days that baselines are learnt from
LISTED = 20  # alerts in a note of the ledger; the run's record has all of them
ACTOR = "monitor"


def alert(run: Run, observation: Observation, shift: Shift, performance: ProductionPerformance) -> AlertReport:
    """Raise alerts over what is known, remembering earlier windows.

    A past window that is looked at again gives its report anew and changes nothing else: incidents, the ledger and
    requests for a retrain follow the latest window only, and a repeated run finds its own already there.
    """
    home, plan = run.home, run.config.monitoring.alerts
    remembered = find_alert_reports(home, run.model, observation.as_of, at_most=REMEMBERED)
    earlier = _heed_people(home, remembered, observation.as_of)
    report = raise_alerts(plan, observation, shift, performance, earlier, now=run.started)
    report = _keep_opening(home, report)
    if find_later_look(home, report) is None:
        _tell(run, report, earlier)
        _notify(run, report, remembered, earlier)
    logger.info("%s %s: %s", run.model, run.run_id, report.sentence)
    return report


def _heed_people(home: Path, earlier: tuple[AlertReport, ...], as_of: Moment) -> tuple[AlertReport, ...]:
    """Take an incident for closed that people closed, as far as they had by then."""
    incident = earlier[-1].incident if earlier else None
    if incident is None or incident.closed is not None:
        return earlier
    closing = read_closing(home, incident)
    if closing is None or (isinstance(as_of, datetime) and closing > as_of):
        return earlier
    return (*earlier[:-1], replace(earlier[-1], incident=replace(incident, closed=closing)))


def _keep_opening(home: Path, report: AlertReport) -> AlertReport:
    """Without a clock an incident opens when the run begins: a repeated run must not move that."""
    if report.incident is None or (opened := read_opening(home, report.incident)) is None:
        return report
    return replace(report, incident=replace(report.incident, opened=opened))


def _tell(run: Run, report: AlertReport, earlier: tuple[AlertReport, ...]) -> None:
    """Write the incident down, then the ledger: each part by a key, so that a repeated run adds nothing."""
    home = run.home
    if report.incident is not None:
        write_incident(home, report.incident, _page_of(run), _told(report.incident, earlier))
    notes = tuple(_make_notes(run, report, earlier))
    if not notes and report.asks_for is None:
        return
    with writing(open_ledger(home)) as connection:
        for note in notes:
            append_to(connection, note)
        if report.asks_for is not None:
            write_trigger(connection, _make_trigger(run, report, report.asks_for), _describe(run, report))


def _notify(
    run: Run, report: AlertReport, remembered: tuple[AlertReport, ...], earlier: tuple[AlertReport, ...]
) -> None:
    """Tell the channels of the YAML what is written down by now."""
    if not run.config.notify:
        return
    before, heeded = (reports[-1].incident if reports else None for reports in (remembered, earlier))
    if notices := make_notices(report, before, heeded, page=_page_of(run), at=run.started):
        tell_channels(open_ledger(run.home), run.config.notify, notices)


def _told(incident: Incident, earlier: tuple[AlertReport, ...]) -> tuple[str, ...]:
    before = earlier[-1].incident if earlier else None
    return before.symptoms if before is not None and before.key == incident.key else ()


def _make_notes(run: Run, report: AlertReport, earlier: tuple[AlertReport, ...]) -> Iterator[Note]:
    if is_news(report, earlier):
        yield _make_note(run, report, Kind.ALERT, _stamp(report.as_of), report.sentence)
    if report.incident is not None:
        yield from _note_incident(run, report, report.incident)


def _note_incident(run: Run, report: AlertReport, incident: Incident) -> Iterator[Note]:
    """Note that it opened and that it closed, whenever the next run sees it: the keys make each of them one entry."""
    yield _make_note(run, report, Kind.INCIDENT, f"{incident.key}:opened", _first_symptom(incident))
    if incident.closed is not None:
        yield _make_note(run, report, Kind.INCIDENT, f"{incident.key}:closed", f"incident {incident.key} is closed")


def _first_symptom(incident: Incident) -> str:
    return incident.symptoms[0] if incident.symptoms else f"incident {incident.key} is open"


def _make_note(run: Run, report: AlertReport, kind: Kind, key: str, reason: str) -> Note:
    return Note(
        kind=kind,
        model=run.model,
        at=run.started,
        actor=ACTOR,
        reason=reason,
        payload=_describe(run, report),
        key=name_entry(kind, run.model, key),
    )


def _make_trigger(run: Run, report: AlertReport, reason: str) -> Trigger:
    kind = TriggerKind.PERFORMANCE if report.asks_kind in LABELLED else TriggerKind.DRIFT
    return Trigger(
        key=f"monitor-{_stamp(report.as_of)}-{kind.value}",
        kind=kind,
        model=run.model,
        at=run.started,
        actor=ACTOR,
        reason=reason,
    )


def _describe(run: Run, report: AlertReport) -> str:
    """Return the facts as JSON, and where all of them are."""
    home = run.home
    raised = [each for each in report.alerts if each.level in {AlertLevel.RED, AlertLevel.YELLOW}]
    facts = {
        "as_of": _stamp(report.as_of),
        "run_id": run.run_id,
        "level": report.level.value,
        "version": report.version,
        "alerts": [
            {"name": each.signal.name, "level": each.level.value, "says": each.sentence} for each in raised[:LISTED]
        ],
        "raised": len(raised),
        "muted": report.muted,
        "incident": str(incident_path(home, report.incident).relative_to(home)) if report.incident else None,
        "report": _page_of(run),
    }
    return json.dumps(facts, sort_keys=True)


def _page_of(run: Run) -> str:
    folder = monitoring_folder(run)
    return str(folder.file(PAGE).relative_to(folder.home))


def _stamp(as_of: Moment) -> str:
    return as_of.astimezone(UTC).isoformat() if isinstance(as_of, datetime) else f"row-{as_of}"
