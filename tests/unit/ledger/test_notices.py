"""Channels: each change is told once, whatever a channel does."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy.engine import Engine

from ratchet.config import notify
from ratchet.config.notify import Channel, ChannelSpec
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.ledger.notices import tell_channels
from ratchet.records.alerts import AlertLevel, IncidentChange, IncidentNotice
from ratchet.records.ledger import Kind

SECRET = "https://chat.example/hooks/s3cr3t"
NOTICE = IncidentNotice(
    key="sales-1:opened",
    change=IncidentChange.OPENED,
    model="sales",
    incident="sales-1",
    level=AlertLevel.RED,
    severity=2,
    sentence="8 % worse.",
    runbook="docs/runbooks/performance-drop.md",
    report="monitoring/sales/runs/run-1/monitoring.html",
    at=datetime(2026, 3, 2, tzinfo=UTC),
)


class Memory(Channel):
    """Remembers what it was told; raises what a test puts there."""

    to: str = "all"
    told: ClassVar[list[tuple[str, str]]] = []
    raises: ClassVar[BaseException | None] = None

    def send(self, notice: IncidentNotice) -> None:
        self.told.append((self.to, notice.key))
        if self.raises:
            raise self.raises


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    monkeypatch.setattr(notify, "BUILT_IN", notify.BUILT_IN | {"memory": Memory})
    monkeypatch.setattr(Memory, "told", [])
    monkeypatch.setattr(Memory, "raises", None)
    return open_ledger(tmp_path)


def read(ledger: Engine) -> list[str]:
    with ledger.connect() as connection:
        return [entry.note.reason for entry in read_entries(connection, kinds=(Kind.NOTICE,))]


def tell(ledger: Engine, *channels: object) -> None:
    tell_channels(ledger, [ChannelSpec.model_validate(channel) for channel in channels], [NOTICE])


def test_a_second_try_tells_nobody_twice(ledger: Engine) -> None:
    for _ in range(2):
        tell(ledger, {"name": "memory"})
    assert Memory.told == [("all", "sales-1:opened")]
    assert read(ledger) == ["'memory' is told that incident sales-1 opened"]


def test_one_channel_with_other_options_is_another(ledger: Engine) -> None:
    tell(ledger, *({"name": "memory", "options": {"to": to}} for to in ("ops", "owners")))
    assert Memory.told == [("ops", "sales-1:opened"), ("owners", "sales-1:opened")]


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (TimeoutError(f"no answer of {SECRET}?x=1"), "TimeoutError: no answer of https://…"),
        (ValueError("\n first\nsecond"), "ValueError: first"),
    ],
)
def test_a_channel_that_fails_is_noted_and_holds_up_no_other(
    ledger: Engine, raised: BaseException, said: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "raises", raised)
    for _ in range(2):
        tell(ledger, {"name": "memory"}, {"name": "log"})
    sentence = f"'memory' could not be told that incident sales-1 opened: {said}"
    assert read(ledger) == [
        "'memory' is told that incident sales-1 opened",
        sentence,
        "'log' is told that incident sales-1 opened",
    ]
    assert sentence in caplog.messages
    assert len(Memory.told) == 1
    assert "s3cr3t" not in caplog.text


def test_a_channel_that_is_gone_is_noted_like_one_that_fails(ledger: Engine) -> None:
    tell(ledger, {"name": "pager"}, {"name": "memory", "options": {"two": 2}})
    assert read(ledger)[1].startswith("'pager' could not be told that incident sales-1 opened: no plug-in of ratchet.")
    assert "does not take its `options`: there is no option 'two'" in read(ledger)[3]


def test_the_ledger_keeps_no_options(ledger: Engine) -> None:
    tell(ledger, {"name": "memory", "options": {"to": "ops@example.com"}})
    with ledger.connect() as connection:
        assert "ops@example.com" not in str(list(read_entries(connection)))


def test_the_log_is_a_channel(ledger: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tell(ledger, {"name": "log"})
    (message,) = (each for each in caplog.messages if "severity" in each)
    assert message == (
        "incident sales-1 opened, severity 2: 8 % worse. (docs/runbooks/performance-drop.md, "
        "monitoring/sales/runs/run-1/monitoring.html)"
    )


@pytest.fixture
def room() -> Iterator[tuple[str, list[str]]]:
    posted: list[str] = []

    class Room(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200 if self.path == "/room" else 403)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Room) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", posted
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("example_package")
def test_a_channel_of_another_package_posts_to_a_room(
    ledger: Engine, room: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, posted = room
    spec = {"name": "chat_room", "options": {"url_env": "ROOM"}}
    monkeypatch.setenv("ROOM", f"{address}/room")
    tell(ledger, spec)
    assert posted == ["sales: incident opened. 8 % worse. What to do: docs/runbooks/performance-drop.md"]


@pytest.mark.usefixtures("example_package")
def test_a_room_that_is_shut_is_noted_without_its_address(
    ledger: Engine, room: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOM", f"{room[0]}/s3cr3t")
    tell(ledger, {"name": "chat_room", "options": {"url_env": "ROOM"}})
    assert "HTTPStatusError: Client error '403 Forbidden' for url 'http://…" in read(ledger)[1]
    assert "s3cr3t" not in read(ledger)[1]
