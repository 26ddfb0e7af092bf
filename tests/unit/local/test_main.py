import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ratchet.config.settings import Settings
from ratchet.errors import ServiceError
from ratchet.local.__main__ import bring_down, bring_up, register_file
from ratchet.local.processes import Service, register, start_service, stop_services


def make_settings(project: Path) -> Settings:
    return Settings(project=project, home=project / "var")


def start_demo(project: Path) -> Service:
    demo = project / "var" / "demo"
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    service = start_service("scheduler", command, environment=os.environ, log=demo / "log")
    register(register_file(demo), [service])
    return service


def test_the_demo_s_services_are_stopped_once_the_site_has_runs_of_its_own(tmp_path, capsys):
    service = start_demo(tmp_path)
    bring_down(make_settings(tmp_path), Console())
    assert service.process.wait() is not None
    assert capsys.readouterr().out == f"Stopped scheduler of {tmp_path / 'var' / 'demo'}.\n"


def test_nothing_is_started_beside_the_demo_s_services(tmp_path):
    service = start_demo(tmp_path)
    with pytest.raises(ServiceError, match=r"scheduler of .*demo runs already; `make down` stops it"):
        bring_up(make_settings(tmp_path), Console())
    stop_services([service])


def test_that_nothing_was_running_is_said(tmp_path, capsys):
    bring_down(make_settings(tmp_path), Console())
    assert capsys.readouterr().out == f"Nothing of {tmp_path / 'var'} was running.\n"
