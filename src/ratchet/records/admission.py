"""Why a retrain was asked for, what was tried before, and whether it may run now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OWN_REQUEST = "run:"  # begins the key of what a run itself asks for; its id follows


def dag_of(model: str) -> str:
    """Return the id of the DAG that retrains a model."""
    return f"{model}.retrain"


class TriggerKind(StrEnum):
    """Why a retrain is asked for, the most urgent first."""

    PERSON = "person"
    PERFORMANCE = "performance"
    DRIFT = "drift"
    DATA = "data"
    EXTERNAL = "external"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One request for a retrain.

    Attributes:
        key: what a second delivery of the same is known by.
        kind: why.
        model: which model.
        at: when it arose, UTC.
        actor: who or what asked.
        reason: why, one sentence.
        override: whether a person asked to run whatever the throttle says.
    """

    key: str
    kind: TriggerKind
    model: str
    at: datetime
    actor: str
    reason: str
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run that was admitted before.

    Attributes:
        run_id: its id.
        started: what intervals count from, UTC: when it was admitted, or the tick that a punctual baseline run answers.
        seconds: how long it took; so far where it still runs.
        succeeded: whether it reached a verdict, whatever that was; None while it runs.
        dry_run: whether it only looked: it took its seconds, and keeps no run waiting that may promote.
    """

    run_id: str
    started: datetime
    seconds: float
    succeeded: bool | None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a run may train now.

    Attributes:
        admitted: run now.
        at: the earliest time it may: now when admitted; None when nobody asked, or when blackouts leave no time at all.
        reasons: one sentence for each rule that makes it wait; for an override, those that were overruled.
        triggers: keys of the triggers that the run answers, or that keep waiting, the most urgent first.
        kind: the most urgent kind among them; None when nobody asked.
        overridden: whether a person overruled the throttle.
    """

    admitted: bool
    at: datetime | None
    reasons: tuple[str, ...]
    triggers: tuple[str, ...]
    kind: TriggerKind | None
    overridden: bool = False


class Fate(StrEnum):
    """What became of a request; each one has exactly one fate."""

    CONSUMED = "consumed"  # the run that started answers it first of all
    COALESCED = "coalesced"  # the same run answers it as well
    SUPPRESSED = "suppressed"  # it was raised while a run was under way that reached a verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one request.

    Attributes:
        trigger: its key.
        fate: what became of it.
        run_id: the run that answers it.
        reason: one sentence.
    """

    trigger: str
    fate: Fate
    run_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A run that asks whether it may train.

    Attributes:
        model: its model.
        run_id: its id.
        actor: what started it: a DAG, or the command line.
        at: when it asks, UTC.
        dry_run: whether it only looks, and promotes nothing.
    """

    model: str
    run_id: str
    actor: str
    at: datetime
    dry_run: bool = False
