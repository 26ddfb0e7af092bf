"""`make demo`, `make up` and `make down`, as a newcomer calls them but for the installation."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ratchet.local.processes import LOOPBACK, find_free_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]


@pytest.fixture(scope="module")
def project(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    for name in ("dags", "plugins", "include"):
        shutil.copytree(repository / name, folder / name)
    return folder


def call(project: Path, *module: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"RATCHET_PROJECT": str(project), "RATCHET_HOME": str(project / "var" / "demo"), "COLUMNS": "120"}
    command = [sys.executable, "-m", *module]
    return subprocess.run(
        command, cwd=project, env=os.environ | own | environment, capture_output=True, text=True, check=False
    )


def processes_of(project: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(project).encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
    return found


def test_three_acts_end_as_told_and_leave_nothing_running(project):
    done = call(project, "ratchet.demo", RATCHET_PORT=str(find_free_port()))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    told = " ".join(done.stdout.split())
    first, second, third = told.split("Act ")[1:]
    assert "verdict: promote, unopposed" in first
    assert "champion: version 1" in first
    assert "verdict: promote" in second
    assert "champion: version 2" in second
    assert "'plan'" in third
    assert "'monthly_fee'" in third
    assert "'days_since_login'" in third
    assert "verdict: reject" in third
    assert "champion: version 2" in third
    assert processes_of(project) == []


def test_the_uis_come_up_and_go_down(project):
    airflow, mlflow = find_free_port(), find_free_port()
    ports = {"RATCHET_PORT": str(airflow), "RATCHET_MLFLOW_PORT": str(mlflow)}
    up = call(project, "ratchet.local", "up", **ports)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        assert "password" in up.stdout
        assert httpx.get(f"http://{LOOPBACK}:{airflow}/api/v2/version").status_code == 200
        assert httpx.get(f"http://{LOOPBACK}:{mlflow}/health", timeout=30).status_code == 200
        again = call(project, "ratchet.local", "up", **ports)
        assert again.returncode == 1
        assert "runs already" in again.stderr
    finally:
        down = call(project, "ratchet.local", "down")
    assert "Stopped" in down.stdout
    assert processes_of(project) == []


def test_a_taken_port_is_one_sentence(project):
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = call(project, "ratchet.demo", RATCHET_PORT=str(port))
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1, which Airflow needs, is taken" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_told(project):
    assert call(project, "ratchet.local", "sideways").returncode == 2
