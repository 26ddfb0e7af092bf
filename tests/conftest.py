"""What every test may ask for."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from builders.plugins import installed_example
from builders.postgres import PostgresServer, missing_for_postgres, postgres_server
from ratchet.config.settings import keep_quiet

keep_quiet()  # before anything imports the libraries that it silences

REPOSITORY = Path(__file__).resolve().parents[1]
BUDGETS = {False: 15.0, True: 240.0}  # seconds a test may take on two quiet cores, any test and one that is marked slow
SHOWN = 10
_seconds: Counter[tuple[str, bool]] = Counter()


class KeptTogether(LoadScopeScheduling):
    """Tests one by one, but those of a file that shares a costly set-up in one process.

    The groups of xdist 3.8 are lost on pytest 9.2, which no longer takes another id for a test.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return path if path.startswith(("tests/e2e/", "tests/dags/")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> KeptTogether:
    """Let it deal the tests out."""
    return KeptTogether(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what a test takes: set-up, call and clean-up."""
    _seconds[report.nodeid, "slow" in report.keywords] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the slowest tests, and which of them are over their budget: a machine that is busy fails no test."""
    terminalreporter.section(f"slowest {SHOWN}, of {sum(_seconds.values()):.0f} s in all")
    for (name, is_slow), seconds in _seconds.most_common(SHOWN):
        budget = BUDGETS[is_slow]
        over = f"  over the budget of {budget:.0f} s" if seconds > budget else ""
        terminalreporter.write_line(f"{seconds:7.1f} s  {name}{over}")


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Wait for no disk, milliseconds a file: no test cuts the power, and a killed process loses nothing by it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # which refuses a descriptor that is not open, as the other does
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is being tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("RATCHET_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not at {folder}; set RATCHET_TEST_DATA")
    return folder


@pytest.fixture
def example_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The example package of plug-ins, installed."""
    with installed_example(tmp_path_factory.mktemp("installed")):
        yield


@pytest.fixture(scope="session")
def postgres_session() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of this process, or a skip that says what is missing."""
    if reason := missing_for_postgres():
        pytest.skip(reason)
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_session: PostgresServer) -> str:
    """The address of an empty PostgreSQL database, a new one for each test."""
    return postgres_session.make_database()
