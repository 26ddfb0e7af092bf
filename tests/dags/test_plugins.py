"""What Airflow finds in plugins/, and what that costs every process that looks."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.airflow

LOOK = """
import json, sys
from airflow import plugins_manager
apps, _ = plugins_manager.get_fastapi_plugins()
ours = [name for name in sys.modules if name.startswith("ratchet.") and not name.startswith("ratchet.orchestration")]
found = {
    "apps": {each["url_prefix"]: callable(each["app"]) for each in apps},
    "errors": plugins_manager.get_import_errors(),
    "loaded": sorted(ours),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(repository, tmp_path_factory):
    settings = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    settings["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(repository / "plugins")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_webhook_is_mounted_where_alertmanager_is_told(found):
    assert found["apps"]["/ratchet/api"] is True
    assert found["errors"] == {}


def test_looking_for_plugins_loads_nothing_of_the_ledger(found):
    light = {"ratchet.config", "ratchet.config.machine", "ratchet.config.settings", "ratchet.errors"}
    assert set(found["loaded"]) <= light
