"""From signals to alerts, by what earlier windows of the same champion gave."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ratchet.alerts.composites import find_label_override, is_composite, read_composite
from ratchet.alerts.deliveries import ROWS
from ratchet.alerts.measured import moment
from ratchet.alerts.rules import RAISED, URGENCY, settle, thin_out
from ratchet.config.alerts import AlertPlan, Composite
from ratchet.records.alerts import LABELLED, Alert, AlertLevel, AlertReport, Signal
from ratchet.records.monitoring import Observation
from ratchet.records.production import ProductionPerformance
from ratchet.timeline import Moment, Window, is_before, to_number

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
