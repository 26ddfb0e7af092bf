"""Incidents, what channels are told of them, and requests for a retrain: one for each course of windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile

from ratchet.alerts.composites import is_composite
from ratchet.alerts.rules import choose_after
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import (
    LABELLED,
    Alert,
    AlertLevel,
    AlertReport,
    Incident,
    IncidentChange,
    IncidentNotice,
    Signal,
    SignalKind,
    gather,
)
from ratchet.records.monitoring import Observation
from ratchet.timeline import Moment, Window

RUNBOOKS = "docs/runbooks/"
MUCH = 2.0  # times the limit: what can't wait until the morning


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCourse:
    """What the model's level rests on now.

    Attributes:
        level: of the model.
        red: the alerts that make it red, the most urgent first.
        at: when: the window's end, or the time of the run where there is no clock.
        counted: earlier reports, far enough apart to count as windows.
    """

    level: AlertLevel
    red: tuple[Alert, ...]
    at: datetime
    counted: tuple[AlertReport, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the signals that make it red are known by."""
        return tuple(alert.signal.name for alert in self.red)


def follow_incident(
    plan: AlertPlan, course: IncidentCourse, observation: Observation, earlier: Sequence[AlertReport]
) -> Incident | None:
    """Open, carry on, or close an incident.

    A new one opens when the model is red and none is open. One that people closed stays closed while it is red for the
    same reasons. It closes by itself once enough windows in a row are green.
    """
    last = earlier[-1].incident if earlier else None
    if last is not None and not last.closed:
        is_over = _is_over(plan, course, earlier)
        return replace(last, closed=course.at) if is_over else _extend(last, course)
    if course.level is not AlertLevel.RED:
        return None
    is_known = last is not None and _is_known(last, course, earlier[-1])
    return last if is_known else _open(course, observation)


def find_request(plan: AlertPlan, course: IncidentCourse, earlier: Sequence[AlertReport]) -> Alert | None:
    """Return the alert for which a retrain is asked for now; None where nobody need ask.

    Asked once when the model turns red, once more when labels confirm what drift announced, and again every so many
    windows while it stays red.
    """
    asking = [alert for alert in course.red if alert.signal.kind in plan.retrain_on]
    if not asking:
        return None
    chosen = next(filter(_is_shown, asking), asking[0])
    run = tuple(takewhile(lambda report: report.level is AlertLevel.RED, reversed(earlier)))
    confirms = _is_shown(chosen) and not any(report.asks_kind in LABELLED for report in run)
    recent = choose_after(earlier, course.counted, plan.ask_again)
    return chosen if confirms or not _has_asked(run[: len(recent)]) else None


def _has_asked(reports: Sequence[AlertReport]) -> bool:
    return any(report.asks_for for report in reports)


def name_incident(model: str, as_of: Moment) -> str:
    """Return an incident's key, which is also a file name."""
    stamp = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S") if isinstance(as_of, datetime) else f"row-{as_of}"
    return f"{model}-{stamp}"


def _is_known(last: Incident, course: IncidentCourse, before: AlertReport) -> bool:
    """Return whether somebody has closed this very course: red since then, and for no other reason."""
    return before.level is AlertLevel.RED and set(course.names) <= set(last.signals)


def _is_shown(alert: Alert) -> bool:
    """Return whether labels show it."""
    return alert.signal.kind in LABELLED


def _open(course: IncidentCourse, observation: Observation) -> Incident:
    return Incident(
        key=name_incident(observation.model, observation.as_of),
        model=observation.model,
        opened=course.at,
        severity=_judge(course.red),
        symptoms=tuple(alerts[0].sentence for alerts in gather(course.red)),
        signals=course.names,
        runbook=course.red[0].runbook,
    )


def _extend(incident: Incident, course: IncidentCourse) -> Incident:
    """Add what turned red since: a sentence for each subject that was not red in it before."""
    new = [alert for alert in course.red if alert.signal.name not in incident.signals]
    if not new:
        return incident
    subjects = [alerts for alerts in gather(course.red) if all(alert in new for alert in alerts)]
    return replace(
        incident,
        severity=min(incident.severity, _judge(course.red)),
        symptoms=(*incident.symptoms, *(alerts[0].sentence for alerts in subjects)),
        signals=(*incident.signals, *(alert.signal.name for alert in new)),
    )


def _is_over(plan: AlertPlan, course: IncidentCourse, earlier: Sequence[AlertReport]) -> bool:
    """Return whether so many windows in a row are green, this one and every look between them included."""
    recent = choose_after(earlier, course.counted, plan.close_after)
    levels = [course.level, *(report.level for report in recent)]
    return len(course.counted) >= plan.close_after - 1 and all(each is AlertLevel.GREEN for each in levels)


def _judge(red: Sequence[Alert]) -> int:
    """Return 1 for a loss of twice the limit or no rows at all, 2 for any shown loss, 3 for what announces one."""
    if any(_cannot_wait(alert.signal) for alert in red):
        return 1
    return 2 if any(_is_shown(alert) and alert.signal.segment is None for alert in red) else 3


def _cannot_wait(signal: Signal) -> bool:
    if signal.kind is SignalKind.DATA:
        return True
    if signal.kind is not SignalKind.PERFORMANCE or signal.segment is not None or is_composite(signal):
        return False
    return signal.value is not None and signal.red is not None and signal.value >= MUCH * signal.red


def is_news(report: AlertReport, earlier: Sequence[AlertReport]) -> bool:
    """Return whether a report says something that the one before did not: another level, or more that is red."""
    if not earlier:
        return report.level is not AlertLevel.GREEN
    return earlier[-1].level is not report.level or bool(_red_names(report) - _red_names(earlier[-1]))


def _red_names(report: AlertReport) -> frozenset[str]:
    return frozenset(alert.signal.name for alert in report.alerts if alert.level is AlertLevel.RED)


def find_lost_windows(reports: Sequence[AlertReport]) -> tuple[Window, ...]:
    """Return the windows in which labels showed that everybody lost: a baseline is better made without them.

    That drift made the model red says nothing of what it lost.
    """
    alerts = (alert for report in reports for alert in report.alerts if alert.level is AlertLevel.RED)
    lost = [alert.signal for alert in alerts if alert.signal.name.startswith("performance.")]
    return tuple(dict.fromkeys(signal.window for signal in lost if signal.window and signal.segment is None))


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
