"""The webhook over HTTP: who may write, what is answered, and what is in the ledger then."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from threading import Thread
from time import monotonic, sleep

import httpx
import pytest
import uvicorn

from builders.alertmanager import make_alert, make_delivery
from builders.projects import make_project
from ratchet.config.settings import Settings
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import verify_ledger
from ratchet.ledger.triggers import read_triggers
from ratchet.local.processes import find_free_port
from ratchet.orchestration.webhook.app import MOST_BYTES, make_app
from ratchet.orchestration.webhook.caller import Caller

TOKEN = "a-token-of-alertmanager"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
USERS = {
    "token-of-ann": Caller(name="ann", may_ask=lambda _model: True),
    "token-of-bob": Caller(name="bob", may_ask=lambda model: model != "sales"),
}


async def find_user(token):
    return USERS.get(token)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    make_project(tmp_path)
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN", TOKEN)
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    return Settings(project=tmp_path, home=tmp_path / "var")


class Client:
    """Asks the application without a server."""

    def __init__(self, app) -> None:
        self._app = app

    def post(self, path, **content):
        return self.request("POST", path, **content)

    def request(self, method, path, **content):
        return asyncio.run(self._request(method, path, content))

    async def _request(self, method, path, content):
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ratchet") as client:
            return await client.request(method, path, **content)


@pytest.fixture
def client(settings):
    return Client(make_app(settings, find_user))


def triggers(settings):
    with open_ledger(settings.home).connect() as connection:
        return read_triggers(connection, "sales")


def test_a_firing_alert_is_in_the_ledger_once_however_often_it_comes(client, settings):
    for said in ({"recorded": 1, "known": 0}, {"recorded": 0, "known": 1}):
        answer = client.post("/alerts", json=make_delivery(), headers=BEARER)
        assert (answer.status_code, answer.json()) == (200, {**said, "resolved": 0, "truncated": 0})
    [trigger] = triggers(settings)
    assert (trigger.actor, trigger.reason) == ("Alertmanager", "ErrorRateHigh: errors doubled since Monday")


def test_a_group_is_taken_alert_by_alert(client, settings):
    client.post("/alerts", json=make_delivery(make_alert(1)), headers=BEARER)
    group = make_delivery(make_alert(1), make_alert(2), make_alert(3), make_alert(4, status="resolved"))
    said = client.post("/alerts", json=group, headers=BEARER).json()
    assert said == {"recorded": 2, "known": 1, "resolved": 1, "truncated": 0}
    assert len(triggers(settings)) == 3


def test_resolved_alerts_write_nothing(client, settings):
    gone = make_delivery(make_alert(status="resolved"), status="resolved")
    assert client.post("/alerts", json=gone, headers=BEARER).json()["resolved"] == 1
    assert triggers(settings) == ()


def test_what_alertmanager_left_out_is_told(client, caplog):
    with caplog.at_level(logging.WARNING):
        said = client.post("/alerts", json=make_delivery(truncatedAlerts=3), headers=BEARER).json()
    assert said["truncated"] == 3
    assert "left out 3 alerts" in caplog.text


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer  ", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer another", 403),
        (f"Bearer {TOKEN}x", 403),
        (f"Bearer {TOKEN[:-1]}", 403),
        (b"Bearer \xe9", 403),
    ],
)
@pytest.mark.parametrize("body", [json.dumps(make_delivery()), "{"])
def test_without_the_right_token_nothing_is_read_or_written(header, status, body, client, settings):
    headers = {"Authorization": header} if header is not None else {}
    answer = client.post("/alerts", content=body, headers=headers)
    assert answer.status_code == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert triggers(settings) == ()


def test_a_token_in_a_cookie_or_the_address_does_not_count(client, settings):
    cookie = {"Cookie": f"_token={TOKEN}"}
    assert client.post(f"/alerts?token={TOKEN}", json=make_delivery(), headers=cookie).status_code == 401
    assert triggers(settings) == ()


def test_without_any_token_set_up_nobody_gets_in(client, monkeypatch):
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN", "")
    monkeypatch.delenv("RATCHET_WEBHOOK_TOKEN_FILE", raising=False)
    assert client.post("/alerts", json=make_delivery(), headers={"Authorization": "Bearer "}).status_code == 401
    assert client.post("/alerts", json=make_delivery(), headers=BEARER).status_code == 403


def test_a_user_of_airflow_may_ask_for_what_they_may_start(client, settings):
    headers = {name: {"Authorization": f"Bearer token-of-{name}"} for name in ("ann", "bob")}
    (settings.models / "rents.yaml").write_text("")
    refused = client.post("/alerts", json=make_delivery(), headers=headers["bob"])
    assert (refused.status_code, refused.json()["detail"]) == (403, "bob may not start sales.retrain")
    assert triggers(settings) == ()
    assert client.post("/alerts", json=make_delivery(), headers=headers["ann"]).status_code == 200
    assert triggers(settings)[0].actor == "ann"


def test_a_user_without_any_right_is_not_told_which_models_there_are(client):
    delivery = make_delivery(make_alert(labels={"model": "x"}))
    refused = client.post("/alerts", json=delivery, headers={"Authorization": "Bearer token-of-bob"})
    assert (refused.status_code, refused.json()) == (403, {"detail": "bob may start no retraining"})


@pytest.mark.parametrize(
    ("delivery", "where"),
    [
        (make_delivery(make_alert(), make_alert(2, startsAt="soon")), ["alerts", 1, "startsAt"]),
        (make_delivery(make_alert(), make_alert(2, labels={"model": "x"})), ["alerts", 1, "labels", "model"]),
    ],
)
def test_of_a_malformed_delivery_nothing_is_written(delivery, where, client, settings):
    answer = client.post("/alerts", json=delivery, headers=BEARER)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [where]
    assert triggers(settings) == ()


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused_whatever_its_header_says(declared, client, settings):
    body = b" " * (MOST_BYTES + 1)

    async def in_parts():
        yield body[:1000]
        yield body[1000:]

    answer = client.post("/alerts", content=body if declared else in_parts(), headers=BEARER)
    assert answer.status_code == 413
    assert triggers(settings) == ()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/alerts", 405), ("DELETE", "/alerts", 405), ("GET", "/", 404), ("GET", "/docs", 404),
     ("GET", "/openapi.json", 404), ("POST", "/alerts/x", 404)],
)  # fmt: skip
def test_there_is_nothing_else_to_see(method, path, status, client):
    answer = client.request(method, path, headers=BEARER)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_caller_who_goes_away_half_way_leaves_nothing(settings):
    parts = iter(
        [
            {"type": "http.request", "body": json.dumps(make_delivery()).encode()[:50], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent = []

    async def receive():
        return next(parts)

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", f"Bearer {TOKEN}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/alerts", "headers": headers, "query_string": b""}
    asyncio.run(make_app(settings, find_user)(scope, receive, send))
    assert sent[0]["status"] == 400
    assert triggers(settings) == ()


def test_while_the_ledger_can_not_be_written_the_sender_is_asked_to_come_again(client, settings, monkeypatch):
    monkeypatch.setenv("RATCHET_LEDGER_URL", "postgresql://somebody:secret@127.0.0.1:1/ledger")
    answer = client.post("/alerts", json=make_delivery(), headers=BEARER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json() == {"detail": "the ledger can't be written now: deliver again later"}
    monkeypatch.delenv("RATCHET_LEDGER_URL")
    assert client.post("/alerts", json=make_delivery(), headers=BEARER).json()["recorded"] == 1


@pytest.fixture
def port(settings):
    """A bare server, for as long as a test."""
    port = find_free_port()
    server = uvicorn.Server(uvicorn.Config(make_app(settings, find_user), port=port, log_level="warning", backlog=2048))
    thread = Thread(target=server.run)
    thread.start()
    deadline = monotonic() + 20
    while not server.started and monotonic() < deadline:
        sleep(0.01)
    yield port
    server.should_exit = True
    thread.join()


def post(port, number):
    """One delivery on a connection of its own; half of the thousand are deliveries again of the others."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/alerts", json.dumps(make_delivery(make_alert(number % 500))), BEARER)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said["recorded"]


def test_a_thousand_at_once_are_all_answered_and_all_recorded_once(port, settings):
    with ThreadPoolExecutor(max_workers=100) as senders:
        answers = list(senders.map(partial(post, port), range(1000)))
    assert {status for status, _ in answers} == {200}
    assert sum(recorded for _, recorded in answers) == 500
    assert len({each.key for each in triggers(settings)}) == len(triggers(settings)) == 500
    assert verify_ledger(open_ledger(settings.home)).breach is None
