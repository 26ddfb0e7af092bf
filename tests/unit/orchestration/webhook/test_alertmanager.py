"""Alertmanager's format 4, and the requests that are in it."""

import json
from datetime import UTC, datetime

import pytest

from builders.alertmanager import make_alert, make_delivery
from ratchet.errors import SHOWN
from ratchet.orchestration.webhook.alertmanager import MalformedError, make_requests, read_delivery
from ratchet.records.admission import TriggerKind

NOW = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)
MODELS = {"sales", "rents"}


def read(delivery, models=MODELS):
    return make_requests(read_delivery(json.dumps(delivery).encode()), models, actor="Alertmanager", now=NOW)


def labelled(**labels):
    return make_alert(labels={"alertname": "ErrorRateHigh", "ratchet_model": "sales", **labels})


def without(part, name):
    return {key: value for key, value in part.items() if key != name}


def problems_of(body):
    with pytest.raises(MalformedError) as caught:
        read_delivery(body if isinstance(body, bytes) else json.dumps(body).encode())
    return [".".join(map(str, where)) for where, _ in caught.value.problems]


def test_a_firing_alert_is_a_request_that_says_what_when_and_why():
    [request] = read(make_delivery())
    trigger = request.trigger
    assert (trigger.kind, trigger.model, trigger.actor) == (TriggerKind.EXTERNAL, "sales", "Alertmanager")
    assert trigger.reason == "ErrorRateHigh: errors doubled since Monday"
    assert trigger.at == datetime(2026, 3, 2, 8, 15, 30, 123456, tzinfo=UTC)
    assert not trigger.override
    assert json.loads(request.payload)["labels"]["severity"] == "page"


def test_the_same_alert_in_another_group_and_zone_is_the_same_request():
    other = make_alert(startsAt="2026-03-02T09:15:30.123456+01:00")
    [first], [again] = read(make_delivery()), read(make_delivery(other, groupKey="another", receiver="another"))
    assert first.trigger.key == again.trigger.key


def test_an_alert_that_fires_again_is_another_request():
    [first], [again] = read(make_delivery()), read(make_delivery(make_alert(startsAt="2026-03-02T08:19:00Z")))
    assert first.trigger.key != again.trigger.key


def test_resolved_alerts_ask_for_nothing_and_need_no_model():
    gone = make_alert(2, status="resolved", labels={"alertname": "Gone"})
    assert len(read(make_delivery(make_alert(), gone))) == 1
    assert read(make_delivery(gone, status="resolved")) == ()


def test_a_sender_whose_clock_is_ahead_asks_for_nothing_in_the_future():
    [request] = read(make_delivery(make_alert(startsAt="2026-03-02T09:00:00Z")))
    assert request.trigger.at == NOW


def test_alerts_without_a_fingerprint_are_told_apart_by_their_labels():
    old = [without(labelled(instance=name), "fingerprint") for name in ("a", "b", "a")]
    first, second, again = read(make_delivery(*old))
    assert first.trigger.key == again.trigger.key != second.trigger.key


@pytest.mark.parametrize("kind", ["external", "drift", "performance", "data"])
def test_a_label_says_of_which_kind_it_is(kind):
    [request] = read(make_delivery(labelled(ratchet_kind=kind)))
    assert request.trigger.kind == kind


@pytest.mark.parametrize("kind", ["person", "schedule", "Drift", ""])
def test_nobody_else_may_speak_for_a_person_or_the_schedule(kind):
    with pytest.raises(MalformedError, match=r"alerts\.0\.labels\.ratchet_kind: .* is no kind of request"):
        read(make_delivery(labelled(ratchet_kind=kind)))


@pytest.mark.parametrize(
    ("labels", "model"),
    [({"model": "rents"}, "rents"), ({"model": "rents", "ratchet_model": "sales"}, "sales")],
)
def test_the_model_is_named_by_either_label(labels, model):
    [request] = read(make_delivery(make_alert(labels=labels)))
    assert request.trigger.model == model


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"ratchet_model": "sale"}, r"alerts\.1\.labels\.ratchet_model: no model 'sale' \(did you mean 'sales'\?\)"),
        ({"model": "../x"}, r"alerts\.1\.labels\.model: no model '\.\./x'; there are rents, sales"),
        ({"alertname": "A"}, r"alerts\.1\.labels\.ratchet_model: is not there"),
    ],
)
def test_an_unknown_model_refuses_the_whole_delivery(labels, said):
    with pytest.raises(MalformedError, match=said):
        read(make_delivery(make_alert(), make_alert(2, labels=labels)))


def test_of_thousands_of_mistakes_the_first_few_are_named():
    with pytest.raises(MalformedError) as refused:
        read(make_delivery(*(make_alert(place, labels={"model": "sale"}) for place in range(5000))))
    assert len(refused.value.problems) == SHOWN


def test_long_texts_are_shortened_and_kept():
    [request] = read(make_delivery(make_alert(annotations={"summary": "x" * 5000})))
    assert len(request.trigger.reason) == 1000
    assert request.trigger.reason.endswith("…")


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [({}, "ErrorRateHigh"), ({"description": "more errors"}, "ErrorRateHigh: more errors")],
)
def test_the_reason_is_what_people_wrote(annotations, reason):
    [request] = read(make_delivery(make_alert(annotations=annotations)))
    assert request.trigger.reason == reason


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (b'{"receiver": "\\ud800"}', "body"),
        (without(make_delivery(), "version"), "version"),
        (make_delivery(version=4), "version"),
        (make_delivery(version="5"), "version"),
        (make_delivery(status="on fire"), "status"),
        (without(make_delivery(), "alerts"), "alerts"),
        (make_delivery(alerts=[]), "alerts"),
        (make_delivery(alerts={}), "alerts"),
        (make_delivery(alerts=["x"]), "alerts.0"),
        (make_delivery(truncatedAlerts=-1), "truncatedAlerts"),
        (make_delivery(make_alert(), make_alert(status="pending")), "alerts.1.status"),
        (make_delivery(without(make_alert(), "labels")), "alerts.0.labels"),
        (make_delivery(make_alert(labels={"ratchet_model": 1})), "alerts.0.labels.ratchet_model"),
        (make_delivery(make_alert(annotations=None)), "alerts.0.annotations"),
        (make_delivery(without(make_alert(), "startsAt")), "alerts.0.startsAt"),
        (make_delivery(make_alert(startsAt="yesterday")), "alerts.0.startsAt"),
        (make_delivery(make_alert(startsAt=1772439330)), "alerts.0.startsAt"),
        (make_delivery(make_alert(startsAt="2026-03-02T08:15:30")), "alerts.0.startsAt"),
        (make_delivery(make_alert(startsAt="0001-01-01T00:00:00Z")), "alerts.0.startsAt"),
        (make_delivery(make_alert(startsAt="9999-12-31T23:59:59-14:00")), "alerts.0.startsAt"),
        (make_delivery(make_alert(fingerprint="")), "alerts.0.fingerprint"),
        (make_delivery(make_alert(fingerprint="x" * 65)), "alerts.0.fingerprint"),
        (make_delivery(make_alert(fingerprint="a\x00b")), "alerts.0.fingerprint"),
    ],
)
def test_what_is_malformed_is_named(body, field):
    assert problems_of(body) == [field]


def test_what_a_newer_alertmanager_adds_is_passed_over():
    assert read(make_delivery(make_alert(silences=[]), notificationReason="group_interval"))
