import os
import subprocess
import sys

import pytest

from ratchet.config.quiet import QUIET, keep_quiet

SAYS = """
from ratchet.config.quiet import keep_quiet
keep_quiet()
from mlflow.telemetry.utils import is_telemetry_disabled
print(is_telemetry_disabled())
"""


def test_what_a_person_has_set_stays(monkeypatch):
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    monkeypatch.delenv("SCARF_ANALYTICS", raising=False)
    keep_quiet()
    assert (os.environ["MLFLOW_LOGGING_LEVEL"], os.environ["SCARF_ANALYTICS"]) == ("DEBUG", "false")


@pytest.mark.slow
def test_mlflow_understands_its_switch():
    bare = {name: value for name, value in os.environ.items() if name not in {*QUIET, "CI"}}
    done = subprocess.run([sys.executable, "-c", SAYS], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
