"""What Prometheus Alertmanager posts (webhook format 4), and the requests for a retrain that are in it."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from ratchet.errors import SHOWN, RatchetError, did_you_mean, list_names
from ratchet.records.admission import Trigger, TriggerKind

MODEL_LABELS = ("ratchet_model", "model")  # the first that is there names the model
KIND_LABEL = "ratchet_kind"
KINDS = (TriggerKind.EXTERNAL, TriggerKind.DRIFT, TriggerKind.PERFORMANCE, TriggerKind.DATA)
TOLD = ("summary", "description", "message")  # annotations that people write the reason in
LONGEST_TEXT = 1000  # of a reason or an annotation that is kept; Alertmanager has no limit
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # Go's zero time means that a time was never set
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
Where = tuple[str | int, ...]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]


class MalformedError(RatchetError):
    """A delivery that can't be taken; nothing of it is written.

    Attributes:
        problems: where in the delivery, and what is wrong there.
    """

    def __init__(self, problems: tuple[tuple[Where, str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{'.'.join(map(str, where))}: {what}" for where, what in problems))


class FromOutside(BaseModel):
    """A part of a delivery: no value is turned into another type, what a newer Alertmanager adds is passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Alert(FromOutside):
    """One alert of a group."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: Annotated[AwareDatetime, Field(alias="startsAt", ge=EARLIEST, lt=LATEST)]
    generator_url: Annotated[str, Field(alias="generatorURL")] = ""
    fingerprint: Fingerprint | None = None  # since Alertmanager 0.19

    @property
    def identity(self) -> str:
        """What identifies the alert: Alertmanager's fingerprint or, without one, a hash of the labels."""
        return self.fingerprint or sha256(json.dumps(self.labels, sort_keys=True).encode()).hexdigest()[:16]


class Delivery(FromOutside):
    """What one request holds: a group of alerts."""

    version: Literal["4"]
    status: Literal["firing", "resolved"]
    alerts: tuple[Alert, ...]
    receiver: str = ""
    group_key: Annotated[str, Field(alias="groupKey")] = ""
    truncated: Annotated[int, Field(alias="truncatedAlerts", ge=0)] = 0

    @field_validator("alerts")
    @classmethod
    def _holds_some(cls, alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
        if not alerts:
            raise ValueError("a delivery holds one alert or more")
        return alerts

    @property
    def firing(self) -> tuple[tuple[int, Alert], ...]:
        """The alerts that fire, with their places in the delivery."""
        return tuple((place, alert) for place, alert in enumerate(self.alerts) if alert.status == "firing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One firing alert as a request for a retrain.

    Attributes:
        trigger: what the ledger is to hold.
        payload: the alert, as JSON text.
    """

    trigger: Trigger
    payload: str


def read_delivery(body: bytes) -> Delivery:
    """Read the body of a request.

    Raises:
        MalformedError: it is no JSON, or not of Alertmanager's format 4.
    """
    try:
        return Delivery.model_validate_json(body)
    except ValidationError as error:
        problems = tuple(
            (each["loc"] or ("body",), each["msg"].removeprefix("Value error, ")) for each in error.errors()[:SHOWN]
        )
        raise MalformedError(problems) from error


def make_requests(delivery: Delivery, models: Collection[str], *, actor: str, now: datetime) -> tuple[Request, ...]:
    """Turn the firing alerts into requests; resolved ones ask for nothing.

    An alert that fires again has started again, and is another request; the same one, however often and in whatever
    group it is delivered, is the same.

    Args:
        delivery: the group of alerts.
        models: the names of the models there are.
        actor: who delivers it.
        now: the time, with its zone.

    Raises:
        MalformedError: a label names no model, or no kind of request: then the whole delivery is refused.
    """
    found = (problem for place, alert in delivery.firing for problem in _find_problems(alert.labels, place, models))
    problems = tuple(islice(found, SHOWN))  # near misses are slow to look for: thousands would hold up the server
    if problems:
        raise MalformedError(problems)
    return tuple(_make_request(delivery, alert, actor, now) for _, alert in delivery.firing)


def _find_problems(labels: Mapping[str, str], place: int, models: Collection[str]) -> Iterator[tuple[Where, str]]:
    label = _model_label(labels)
    where = ("alerts", place, "labels")
    if label is None:
        yield (*where, MODEL_LABELS[0]), "is not there; it should name the model that the alert is about"
    elif labels[label] not in models:
        known = f"there are {list_names(sorted(models))}" if models else "there is none yet"
        yield (*where, label), f"no model '{labels[label][:80]}'{did_you_mean(labels[label], models)}; {known}"
    kind = labels.get(KIND_LABEL)
    if kind is not None and kind not in KINDS:
        yield (*where, KIND_LABEL), f"'{kind[:80]}' is no kind of request; it should be one of {list_names(KINDS)}"


def _model_label(labels: Mapping[str, str]) -> str | None:
    return next((label for label in MODEL_LABELS if label in labels), None)


def _make_request(delivery: Delivery, alert: Alert, actor: str, now: datetime) -> Request:
    started = alert.starts_at.astimezone(UTC)
    trigger = Trigger(
        key=f"alertmanager:{alert.identity}:{started.isoformat()}",
        kind=TriggerKind(alert.labels.get(KIND_LABEL, TriggerKind.EXTERNAL)),
        model=alert.labels[_model_label(alert.labels) or MODEL_LABELS[0]],
        at=min(started, now),  # a sender's clock may be ahead: nothing is asked for in the future
        actor=actor,
        reason=_reason_of(alert),
    )
    facts = {
        "labels": {name: _shorten(text) for name, text in alert.labels.items()},
        "annotations": {name: _shorten(text) for name, text in alert.annotations.items()},
        "startsAt": started.isoformat(),
        "fingerprint": alert.identity,
        "generatorURL": _shorten(alert.generator_url),
        "receiver": _shorten(delivery.receiver),
        "groupKey": _shorten(delivery.group_key),
    }
    return Request(trigger=trigger, payload=json.dumps(facts, sort_keys=True))


def _reason_of(alert: Alert) -> str:
    name = alert.labels.get("alertname", "an alert without a name")
    told = next((alert.annotations[each] for each in TOLD if alert.annotations.get(each)), "")
    return _shorten(f"{name}: {told}" if told else name)


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
