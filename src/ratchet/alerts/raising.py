"""Raise alerts: read every signal, remember earlier windows, and say what the model needs."""

from collections.abc import Sequence
from datetime import datetime

from ratchet.alerts.composites import find_gaps, find_level, find_part
from ratchet.alerts.incidents import IncidentCourse, find_request, follow_incident
from ratchet.alerts.measured import moment, some
from ratchet.alerts.memory import choose_earlier, choose_own, raise_composite, remember
from ratchet.alerts.rules import RAISED, URGENCY, thin_out
from ratchet.alerts.signals import read_signals
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import Alert, AlertLevel, AlertReport, SignalKind, gather
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance

ORDER = {kind: place for place, kind in enumerate(SignalKind)}
LOOK = "what is red here is a reason to look, and does not make the model red by itself"
Alerts = tuple[Alert, ...]


def raise_alerts(
    plan: AlertPlan,
    observation: Observation,
    shift: Shift,
    performance: ProductionPerformance,
    earlier: Sequence[AlertReport],
    *,
    now: datetime,
) -> AlertReport:
    """Say what moved, by how much, since when and where, and what the model needs.

    The same arguments give the same answer: of the earlier reports only those from before this as-of count, so a past
    window that is looked at again says what it said then.

    Args:
        plan: the YAML's rules.
        observation: what was looked at.
        shift: how far its rows moved.
        performance: how well production goes.
        earlier: what earlier runs said, in any order; the later of two with one as-of counts.
        now: the time of the run, which counts where the data has no clock.
    """
    before = choose_earlier(observation, earlier)
    own = choose_own(observation, before)
    signals = read_signals(plan, observation, shift, performance, before)
    alerts = tuple(remember(plan, observation, signals, own))
    together = [raise_composite(plan, each, alerts, own, (observation.window, performance)) for each in plan.composites]
    ranked = tuple(sorted((*alerts, *together), key=lambda alert: _rank(plan, alert)))
    at = observation.as_of if isinstance(observation.as_of, datetime) else now
    return _conclude(plan, observation, ranked, before, at)


def find_maintenance(plan: AlertPlan, at: datetime) -> str | None:
    """Say that a maintenance window lasts; None outside one."""
    ends = [end for window in plan.maintenance if (end := window.end_of(at)) is not None]
    return f"maintenance until {moment(max(ends))}" if ends else None


def _conclude(
    plan: AlertPlan, observation: Observation, alerts: Alerts, before: Sequence[AlertReport], at: datetime
) -> AlertReport:
    """Make of alerts what the model needs: its level, an incident, a retrain."""
    found, muted = find_level(plan, alerts), find_maintenance(plan, at)
    level, muted = _silence(found, muted)
    red = [each for each in alerts if find_part(plan, each) is AlertLevel.RED]
    counted = thin_out(before, observation.as_of, observation.window)
    course = IncidentCourse(level=level, red=tuple(red) if level is AlertLevel.RED else (), at=at, counted=counted)
    request = find_request(plan, course, choose_own(observation, before))
    return AlertReport(
        model=observation.model,
        run_id=observation.run_id,
        as_of=observation.as_of,
        window=observation.window,
        level=level,
        alerts=alerts,
        muted=muted,
        asks_for=request.sentence if request else None,
        incident=follow_incident(plan, course, observation, before),
        sentence=muted or _sum_up(level, alerts, course.red),
        version=observation.version,
        asks_kind=request.signal.kind if request else None,
    )


def _silence(found: AlertLevel, muted: str | None) -> tuple[AlertLevel, str | None]:
    """Return the level that is shown, and why nothing is raised: in maintenance, rows are not to be trusted."""
    if muted is None or found not in RAISED:
        return found, muted
    return AlertLevel.UNKNOWN, f"{muted}: nothing is raised, though it would be {found.value}"


def _rank(plan: AlertPlan, alert: Alert) -> tuple[int, int, int, bool, float, str]:
    """Put first what makes the model red, then what is red by itself; everybody comes before a segment."""
    signal = alert.signal
    urgency = -URGENCY[find_part(plan, alert)], -URGENCY[alert.level]
    return *urgency, ORDER[signal.kind], signal.segment is not None, -(signal.value or 0.0), signal.name


def _sum_up(level: AlertLevel, alerts: Alerts, red: Alerts) -> str:
    """Say the first thing in full and name the others, one loss once."""
    if level is AlertLevel.GREEN:
        return f"green: {_count(alerts)}"
    if level is AlertLevel.UNKNOWN:
        return f"unknown, which is not green: {_tell(find_gaps(alerts), 'not known either') or 'nothing was measured'}"
    if level is AlertLevel.RED:
        return f"red: {_tell(red, 'also red')}"
    raised = [each for each in alerts if each.level in RAISED]
    is_red = any(each.level is AlertLevel.RED for each in raised)
    return f"yellow: {_tell(raised, 'also raised')}" + (f"; {LOOK}" if is_red else "")


def _count(alerts: Alerts) -> str:
    known = sum(each.level is not AlertLevel.UNKNOWN for each in alerts)
    rest = f"; {len(alerts) - known} more can't be told" if known < len(alerts) else ""
    return f"none of {known} signals moved by more than its limit and chance{rest}"


def _tell(alerts: Sequence[Alert], others: str) -> str:
    first = [each[0] for each in gather(alerts)]
    rest = [each.signal.name for each in first[1:]]
    return "; ".join([*(each.sentence for each in first[:1]), *([f"{others}: {some(rest)}"] if rest else [])])
