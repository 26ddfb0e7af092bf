"""Raise alerts: read every signal, remember earlier windows of the same champion, and say what the model needs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from ratchet.alerts.composites import (
    find_gaps,
    find_label_override,
    find_level,
    find_part,
    is_composite,
    read_composite,
)
from ratchet.alerts.data_signals import ROWS
from ratchet.alerts.incidents import IncidentCourse, find_request, follow_incident
from ratchet.alerts.measured import moment, some
from ratchet.alerts.rules import URGENCY, settle, thin_out
from ratchet.alerts.signals import read_signals
from ratchet.config.alerts import AlertPlan, Composite
from ratchet.records.alerts import LABELLED, RAISED, Alert, AlertLevel, AlertReport, Signal, SignalKind, gather
from ratchet.records.monitoring import Observation, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Moment, Window, is_before, to_number

ORDER = {kind: place for place, kind in enumerate(SignalKind)}
LOOK = "what is red here is a reason to look, and does not make the model red by itself"
Alerts = tuple[Alert, ...]
AT_ONCE = ("sudden.", "data.")  # neither smoothing nor k of n windows delays these
# the first pattern that fits a signal's name: its runbook, and the first thing to do
ADVICE: tuple[tuple[str, str, str], ...] = (
    ("data.labels", "labels-missing.md", "find out why labels do not come; figures are of the few that did"),
    ("data.*", "no-data.md", "look whether rows are delivered and scored; nothing is known of the model until then"),
    (
        "concept",
        "concept-drift.md",
        "retrain on recent rows; compare where errors gather with what the business changed",
    ),
    ("calibration", "calibration-drift.md", "don't use the probabilities as shares; recalibrate or retrain"),
    ("prediction", "prediction-drift.md", "look which features moved; hold campaigns that count on the former numbers"),
    ("label", "data-drift.md", "look whether the outcome itself changed or is recorded another way"),
    ("estimate.*", "prediction-drift.md", "an estimate decides nothing: wait for labels, or ask for some"),
    ("drift.*", "data-drift.md", "compare the column's distributions, then its source, before any retraining"),
    ("features", "data-drift.md", "look for one cause of many: a new source, a new population, a season"),
    (
        "separation",
        "data-drift.md",
        "look at combinations of columns, and at the time of the rows, where no single column shows it",
    ),
    ("composite.*", "data-drift.md", "look at each condition; labels of these rows would settle it"),
    ("*", "performance-drop.md", "look where errors gather, then retrain, or roll back if a new version began it"),
)
SEGMENT = ("segment-drop.md", "compare the segment with the rest: its rows, its features, its labels")


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


def choose_earlier(observation: Observation, reports: Sequence[AlertReport]) -> tuple[AlertReport, ...]:
    """Return the reports from before this as-of, one for each, in their order."""
    as_of = observation.as_of
    latest = {to_number(report.as_of): report for report in reports if is_before(report.as_of, as_of)}
    return tuple(latest[number] for number in sorted(latest))


def choose_own(observation: Observation, reports: Sequence[AlertReport]) -> tuple[AlertReport, ...]:
    """Return the champion's own: its reference is another than the last one's, whose losses are not its own."""
    return tuple(report for report in reports if report.version in {None, observation.version})


def remember(
    plan: AlertPlan, observation: Observation, signals: Sequence[Signal], own: Sequence[AlertReport]
) -> Iterator[Alert]:
    """Turn signals into alerts; what was raised and is gone is read as unknown, not as good."""
    counted = thin_out(own, observation.as_of, observation.window)
    names = {signal.name for signal in signals}
    last = own[-1].alerts if own else ()
    gone = [_lose(alert.signal) for alert in last if _is_missed(alert) and alert.signal.name not in names]
    for signal in (*signals, *gone):
        past, latest = _find_past(counted, signal.name), _find_past(own[-1:], signal.name)
        was = latest[0].level if latest else None
        level = settle(plan, signal, past, was, at_once=signal.name.startswith(AT_ONCE))
        yield _make_alert(signal, level, latest, observation.window.end)


def raise_composite(
    plan: AlertPlan,
    composite: Composite,
    alerts: Sequence[Alert],
    own: Sequence[AlertReport],
    now: tuple[Window, ProductionPerformance],
) -> Alert:
    """Raise what several alerts say together, unless labels have overridden it.

    Args:
        plan: the YAML's rules.
        composite: what is asked for.
        alerts: all others.
        own: the champion's earlier reports.
        now: the window, and how well production goes.
    """
    signal, (window, performance) = read_composite(composite, alerts), now
    past = _find_past(own, signal.name)
    if not composite.overridable_by_labels or signal.level not in RAISED:
        return _make_alert(signal, signal.level, past, window.end)
    held = [report.window for report in own if _held(report, signal)]
    overridden = find_label_override(plan, performance, [*held, window])
    level = AlertLevel.YELLOW if overridden else signal.level
    return _make_alert(signal, level, past, window.end, overridden)


def _held(report: AlertReport, signal: Signal) -> bool:
    """Return whether a composite held then, overridden or not."""
    return any(each.signal.name == signal.name and each.signal.level in RAISED for each in report.alerts)


def _find_past(own: Sequence[AlertReport], name: str) -> list[Alert]:
    return [alert for report in own for alert in report.alerts if alert.signal.name == name]


def _is_missed(alert: Alert) -> bool:
    return alert.level in RAISED and not is_composite(alert.signal)


def _lose(signal: Signal) -> Signal:
    """Read a signal that is gone, such as a segment without rows: nothing is known of it."""
    text = f"{signal.name} could not be read in this window"
    return replace(signal, value=None, significant=None, p_value=None, level=AlertLevel.UNKNOWN, sentence=text)


def _make_alert(
    signal: Signal, level: AlertLevel, past: Sequence[Alert], end: Moment, remark: str | None = None
) -> Alert:
    was = past[-1].level if past else None
    since = past[-1].since if past and was is level else end
    return Alert(
        signal=signal,
        level=level,
        was=was,
        since=since,
        sentence="; ".join(filter(None, (signal.sentence, _describe_level(signal, level, since), remark))),
        advice=advise(signal, level),
        runbook=find_runbook(signal),
    )


def _describe_level(signal: Signal, level: AlertLevel, since: Moment) -> str | None:
    """Say since when, and why a level holds that the window by itself does not have."""
    if level not in RAISED:
        return None
    text = f"{level.value} since {moment(since)}"
    if URGENCY[signal.level] >= URGENCY[level]:
        return text
    return text + (", as was last known" if signal.value is None else ", and not yet well enough to be let go")


def find_runbook(signal: Signal) -> str:
    """Return the file in docs/runbooks for a signal."""
    return _find(signal)[0]


def advise(signal: Signal, level: AlertLevel) -> str:
    """Return what to do, one sentence; empty for what is green."""
    if level is AlertLevel.GREEN:
        return ""
    if level is AlertLevel.UNKNOWN and signal.name != ROWS:
        return "nothing is known, which is not good news: look why"
    runbook, text = _find(signal)
    return f"{text} (docs/runbooks/{runbook})"


def _find(signal: Signal) -> tuple[str, str]:
    if signal.segment is not None:
        return SEGMENT
    # a composite that labels take part in needs what a loss needs
    is_shown = signal.name.startswith("composite.") and signal.kind in LABELLED
    name = signal.kind.value if is_shown else signal.name
    return next((runbook, text) for pattern, runbook, text in ADVICE if fnmatchcase(name, pattern))
