"""Alert: say what the model needs, open an incident, and ask for a retrain, each of them once."""

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ratchet.alerts.incidents import is_news, make_notices
from ratchet.alerts.raising import raise_alerts
from ratchet.artifacts.incidents import read_closing, read_opening, write_incident
from ratchet.artifacts.monitoring_store import PAGE, find_alert_reports, find_later_look, monitoring_folder
from ratchet.config.run import Run
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.events import ReportEvents
from ratchet.ledger.journal import append_to
from ratchet.ledger.notices import tell_channels
from ratchet.ledger.triggers import write_trigger
from ratchet.records.alerts import AlertReport, Incident
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Moment

logger = logging.getLogger(__name__)

REMEMBERED = 100  # earlier reports: what is looked at daily, over the 90 days that baselines are learnt from


def alert(run: Run, observation: Observation, shift: Shift, performance: ProductionPerformance) -> AlertReport:
    """Raise alerts over what is known, remembering earlier windows.

    A past window that is looked at again gives its report anew and changes nothing else: incidents, the ledger and
    requests for a retrain follow the latest window only, and a repeated run finds its own already there.
    """
    home, plan = run.home, run.config.monitoring.alerts
    remembered = find_alert_reports(home, run.model, observation.as_of, at_most=REMEMBERED)
    earlier = _close_by_hand(home, remembered, observation.as_of)
    report = raise_alerts(plan, observation, shift, performance, earlier, now=run.started)
    report = _keep_opening(home, report)
    if find_later_look(home, report) is None:
        _write_down(run, report, earlier)
        _notify(run, report, remembered, earlier)
    logger.info("%s %s: %s", run.model, run.run_id, report.sentence)
    return report


def _close_by_hand(home: Path, earlier: tuple[AlertReport, ...], as_of: Moment) -> tuple[AlertReport, ...]:
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


def _write_down(run: Run, report: AlertReport, earlier: tuple[AlertReport, ...]) -> None:
    """Write the incident down, then the ledger: each part by a key, so that a repeated run adds nothing."""
    file = None
    if report.incident is not None:
        path = write_incident(run.home, report.incident, _page_of(run), _known_symptoms(report.incident, earlier))
        file = str(path.relative_to(run.home))
    events = ReportEvents(run=run, report=report, page=_page_of(run), incident_file=file)
    notes = tuple(events.make_notes(is_news=is_news(report, earlier)))
    if not notes and report.asks_for is None:
        return
    with writing(open_ledger(run.home)) as connection:
        for note in notes:
            append_to(connection, note)
        if report.asks_for is not None:
            write_trigger(connection, events.make_trigger(report.asks_for), events.describe())


def _notify(
    run: Run, report: AlertReport, remembered: tuple[AlertReport, ...], earlier: tuple[AlertReport, ...]
) -> None:
    """Tell the channels of the YAML what is written down by now."""
    if not run.config.notify:
        return
    before, after = (reports[-1].incident if reports else None for reports in (remembered, earlier))
    if notices := make_notices(report, before, after, page=_page_of(run), at=run.started):
        tell_channels(open_ledger(run.home), run.config.notify, notices)


def _known_symptoms(incident: Incident, earlier: tuple[AlertReport, ...]) -> tuple[str, ...]:
    before = earlier[-1].incident if earlier else None
    return before.symptoms if before is not None and before.key == incident.key else ()


def _page_of(run: Run) -> str:
    folder = monitoring_folder(run)
    return str(folder.file(PAGE).relative_to(folder.home))
