import os
import socket
import sys
import time
from pathlib import Path

import pytest

from ratchet.errors import ServiceError
from ratchet.local.processes import (
    LOOPBACK,
    find_free_port,
    is_running,
    last_line,
    read_running,
    register,
    require_free_port,
    run_to_end,
    session_members,
    start_service,
    stop_registered,
    stop_services,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
FORK = [
    sys.executable,
    "-c",
    "import os, time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(60)",
]


def wait_for(condition) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def test_a_stopped_service_leaves_no_child(tmp_path, monkeypatch):
    monkeypatch.setattr("ratchet.local.processes.GRACE_SECONDS", 0.3)
    service = start_service("stubborn", FORK, environment=os.environ, log=tmp_path / "log")
    assert wait_for(lambda: len(session_members(service.process.pid)) == 2)
    stop_services([service])
    assert wait_for(lambda: not session_members(service.process.pid))


def test_a_service_that_ended_says_its_last_words(tmp_path):
    command = [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"]
    service = start_service("scheduler", command, environment=os.environ, log=tmp_path / "log")
    service.process.wait()
    with pytest.raises(ServiceError, match=r"scheduler ended with code 3: no such table"):
        service.require_alive()


def test_a_living_service_is_alive(tmp_path):
    service = start_service("sleeper", SLEEP, environment=os.environ, log=tmp_path / "log")
    service.require_alive()
    stop_services([service])


def test_a_command_that_fails_is_told(tmp_path):
    run_to_end("well", [sys.executable, "-c", "pass"], environment=os.environ, log=tmp_path / "log")
    with pytest.raises(ServiceError, match="ill ended with code 1: it wrote nothing"):
        run_to_end("ill", [sys.executable, "-c", "raise SystemExit(1)"], environment=os.environ, log=tmp_path / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_service_dies_with_a_killed_parent(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from ratchet.local.processes import start_service\n"
        f"s = start_service('x', {SLEEP!r}, environment=os.environ, log=Path({str(tmp_path / 'log')!r}))\n"
        f"Path({str(tmp_path / 'pid')!r}).write_text(str(s.process.pid)); os.kill(os.getpid(), 9)\n"
    )
    parent = start_service("parent", [sys.executable, "-c", script], environment=os.environ, log=tmp_path / "parent")
    parent.process.wait()
    child = int((tmp_path / "pid").read_text())
    assert wait_for(lambda: not Path(f"/proc/{child}").exists() or "\nState:\tZ" in status(child))


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return "\nState:\tZ"


def test_the_last_line_with_text_is_shown(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\ntwo\n\n")
    assert last_line(log) == "two"


def test_what_was_registered_is_stopped_and_nothing_else(tmp_path):
    ours, other = (
        start_service(name, SLEEP, environment=os.environ, log=tmp_path / name) for name in ("ours", "other")
    )
    file = tmp_path / "services.json"
    register(file, [ours])
    assert [each.name for each in read_running(file)] == ["ours"]
    assert stop_registered(file) == ["ours"]
    ours.process.wait()
    assert other.process.poll() is None
    assert stop_registered(file) == []
    stop_services([other])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells which session a process is of")
def test_what_a_killed_service_left_behind_is_stopped(tmp_path):
    script = f"import subprocess, time; subprocess.Popen({SLEEP!r}); print('ready', flush=True); time.sleep(60)"
    service = start_service("scheduler", [sys.executable, "-c", script], environment=os.environ, log=tmp_path / "log")
    file = tmp_path / "services.json"
    register(file, [service])
    assert wait_for(lambda: "ready" in (tmp_path / "log").read_text())
    service.process.kill()
    service.process.wait()
    assert session_members(service.process.pid)
    assert stop_registered(file) == ["scheduler"]
    assert not session_members(service.process.pid)


def test_a_number_that_is_used_again_is_another_process(tmp_path):
    service = start_service("sleeper", SLEEP, environment=os.environ, log=tmp_path / "log")
    file = tmp_path / "services.json"
    register(file, [service])
    file.write_text(file.read_text().replace('"started": "', '"started": "9'))
    assert read_running(file) == []
    stop_services([service])
    assert all(not is_running(each) for each in read_running(file))


def test_a_free_port_is_let_through():
    require_free_port(find_free_port(), service="Airflow", setting="RATCHET_PORT")


def test_a_taken_port_is_named_with_the_setting_that_changes_it():
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} .*Airflow.*taken.*RATCHET_PORT"):
            require_free_port(port, service="Airflow", setting="RATCHET_PORT")
