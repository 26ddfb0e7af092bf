"""The pages in a real browser: nothing is fetched, nothing runs, nothing is complained about."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from builders.backtests import make_backtest
from builders.behaviour import make_behaviour
from builders.diagnostics import make_categories, make_dependence, make_diagnostics, make_spread
from builders.monitoring_stories import FOLDER, make_monitoring_story
from builders.records import make_evaluation
from builders.stories import make_held_story, make_story
from ratchet.reports.backtest_page import backtest_html
from ratchet.reports.model_card import model_card_html
from ratchet.reports.monitoring_page import monitoring_html
from ratchet.reports.run_report import run_report_html
from ratchet.reports.story import Story

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--dump-dom",
)


def make_pictured_story() -> Story:
    """A held run with every figure that a page can have."""
    features = make_behaviour(dependences=(make_dependence(), make_categories()), spreads=(make_spread(),))
    return replace(make_held_story(), evaluation=make_evaluation(diagnostics=make_diagnostics()), behaviour=features)


PAGES: dict[str, Callable[[], str]] = {
    "report.html": lambda: run_report_html(make_pictured_story(), "runs/sales/run-1"),
    "model_card.html": lambda: model_card_html(make_story()),
    "backtest.html": lambda: backtest_html(make_backtest()),
    "monitoring.html": lambda: monitoring_html(make_monitoring_story(), FOLDER),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH"),
]


class Server(ThreadingHTTPServer):
    """Notes what is asked for."""

    asked: list[str]


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, *args: object) -> None:
        """Note the address instead of printing it."""
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the pages on a free port."""
    for name, make in PAGES.items():
        (tmp_path / name).write_text(make(), encoding="utf-8")
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as running:
        running.asked = []
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_and_has_no_complaints(server: Server, tmp_path: Path, name: str) -> None:
    address = f"http://127.0.0.1:{server.server_port}/{name}"
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "</main>" in done.stdout
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert server.asked == [f"/{name}"]
