"""What a channel is told of incidents: what changed since the look before, in one sentence each."""

from collections.abc import Iterator
from datetime import datetime

from ratchet.records.alerts import AlertReport, Incident, IncidentChange, IncidentNotice

RUNBOOKS = "docs/runbooks/"


def make_notices(
    report: AlertReport, before: Incident | None, after: Incident | None, *, page: str, at: datetime
) -> tuple[IncidentNotice, ...]:
    """Return a notice for each incident that opened, changed or closed.

    Args:
        report: what this look has to say.
        before: the incident as the look before left it.
        after: the same, closed where people have closed it since.
        page: of the monitoring run.
        at: when it began.
    """
    incidents = {each.key: each for each in (after, report.incident) if each is not None}
    return tuple(
        IncidentNotice(
            key=f"{incident.key}:{_name_change(change, incident)}",
            change=change,
            model=report.model,
            incident=incident.key,
            level=report.level,
            severity=incident.severity,
            sentence=sentence,
            runbook=RUNBOOKS + incident.runbook,
            report=page,
            at=at,
        )
        for incident in incidents.values()
        for change, sentence in _find_change(before, incident)
    )


def _find_change(before: Incident | None, now: Incident) -> Iterator[tuple[IncidentChange, str]]:
    if before is None or before.key != now.key:
        yield IncidentChange.OPENED, next(iter(now.symptoms), "the model is red")
        return
    if now.closed is not None:
        if before.closed is None:
            yield IncidentChange.CLOSED, "it is over"
        return
    new = [symptom for symptom in now.symptoms if symptom not in before.symptoms]
    if new or now.severity < before.severity:
        yield IncidentChange.CHANGED, " ".join(new) or f"it has become worse: severity {now.severity}"


def _name_change(change: IncidentChange, incident: Incident) -> str:
    """Name a change: an incident opens and closes once, and changes as often as it gets another symptom or severity."""
    if change is not IncidentChange.CHANGED:
        return change.value
    return f"{change.value}-{len(incident.symptoms)}-{incident.severity}"
