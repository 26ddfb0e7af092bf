"""Alerts: what moved, by how much, since when, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ratchet.timeline import Moment, Window


class AlertLevel(StrEnum):
    """How urgent. "No data" is a level of its own: it is not green."""

    GREEN = "green"
    UNKNOWN = "unknown"
    YELLOW = "yellow"
    RED = "red"


RAISED = (AlertLevel.RED, AlertLevel.YELLOW)  # what somebody should look at, the most urgent first


class SignalKind(StrEnum):
    """What an alert is about."""

    DATA = "data"  # rows or labels that do not come: first, as the others are not known without them
    PERFORMANCE = "performance"
    CONCEPT = "concept"
    DRIFT = "drift"
    PREDICTION = "prediction"
    LABEL = "label"
    CALIBRATION = "calibration"


LABELLED = (SignalKind.PERFORMANCE, SignalKind.CONCEPT)  # what labels show; the others announce it


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that is watched, in one window, before any memory of earlier windows.

    Attributes:
        name: what it is known by from window to window, such as "performance.roc_auc.basic-plan" or "drift.age".
        kind: what it is about.
        segment: which part of the rows; None for all.
        value: the effect: a loss as a share of the baseline, a stability index less chance; None without data.
        significant: whether it is more than chance; None without data.
        level: what it asks for by itself.
        sentence: what moved, by how much, against which limit.
        yellow: effect from which it is yellow; None where it never is.
        red: effect from which it is red; None where it never is.
        p_value: how often chance alone gives as much, corrected for how many figures were looked at; None where no
            chance is at play, or nothing is known of it.
        window: the rows it is about, where these are not the report's: labels come late.
    """

    name: str
    kind: SignalKind
    segment: str | None
    value: float | None
    significant: bool | None
    level: AlertLevel
    sentence: str
    yellow: float | None = None
    red: float | None = None
    p_value: float | None = None
    window: Window | None = None

    @property
    def subject(self) -> tuple[SignalKind, str]:
        """What it is about, whichever rule tells: one loss shows in a window, in the long one and as a slope."""
        return self.kind, self.name.partition(".")[2] or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that is watched, with the memory of earlier windows.

    Attributes:
        signal: the window's own reading.
        level: after smoothing, hysteresis and k of n.
        was: its level in the window before; None for the first.
        since: when it entered its level: the end of that window.
        sentence: what moved, by how much, since when, which segments.
        advice: what to do.
        runbook: file in docs/runbooks that says more.
    """

    signal: Signal
    level: AlertLevel
    was: AlertLevel | None
    since: Moment
    sentence: str
    advice: str
    runbook: str = ""


def gather(alerts: Iterable[Alert]) -> tuple[tuple[Alert, ...], ...]:
    """Put alerts of one subject together, in the order of the first of each."""
    gathered: dict[tuple[SignalKind, str], list[Alert]] = {}
    for alert in alerts:
        gathered.setdefault(alert.signal.subject, []).append(alert)
    return tuple(map(tuple, gathered.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A red alert that somebody has to look into; cause, resolution and prevention are for people to fill in its file.

    Attributes:
        key: its name; monitoring the same window again gives the same one.
        model: the model.
        opened: when, UTC.
        severity: 1 is the worst.
        symptoms: one sentence for each subject, as it was first seen.
        signals: names of the signals that were red in it so far.
        runbook: file in docs/runbooks.
        closed: when; None while open.
    """

    key: str
    model: str
    opened: datetime
    severity: int
    symptoms: tuple[str, ...]
    runbook: str
    signals: tuple[str, ...] = ()
    closed: datetime | None = None


class IncidentChange(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    CHANGED = "changed"  # more turned red, or it has become worse
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentNotice:
    """What a notification channel is told.

    Attributes:
        key: the same for the same change, whoever looks again.
        change: what happened.
        model: the model.
        incident: the incident's name.
        level: of the model now.
        severity: 1 is the worst.
        sentence: what is wrong, or that it is over.
        runbook: what to do, a path in the repository.
        report: page of the monitoring run, from Ratchet's home.
        at: when the monitoring run began, UTC.
    """

    key: str
    change: IncidentChange
    model: str
    incident: str
    level: AlertLevel
    severity: int
    sentence: str
    runbook: str
    report: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """What one monitoring run has to say; the next one remembers it.

    Attributes:
        model: the model.
        run_id: the monitoring run.
        as_of: what was known.
        window: the rows.
        level: of the model as a whole, composite alerts included; unknown in maintenance, never yellow or red.
        alerts: everything that is watched, the most urgent first.
        muted: why nothing is raised: a maintenance window; None outside one.
        asks_for: whether a retrain is asked for, and why; None when it is not.
        incident: the current incident, closed or not; None without one.
        sentence: the whole in one sentence.
        version: the champion that was watched: what another one did is not remembered.
        asks_kind: what moved, where a retrain is asked for; None where it is not.
    """

    model: str
    run_id: str
    as_of: Moment
    window: Window
    level: AlertLevel
    alerts: tuple[Alert, ...]
    muted: str | None
    asks_for: str | None
    incident: Incident | None
    sentence: str
    version: int | None = None
    asks_kind: SignalKind | None = None
