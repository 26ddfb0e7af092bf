"""The two commands' first step: what is missing is said in one sentence."""

import os
import shutil
import subprocess
import sys

import pytest


def set_up(repository, tmp_path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(repository / ".ci" / "setup.sh"), python, str(tmp_path / "venv")]
    return subprocess.run(
        command, cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_a_missing_python_is_named(repository, tmp_path):
    done = set_up(repository, tmp_path, "python9")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Set-up stopped: 'python9' was not found; install Python 3.11 to 3.13 or call make PYTHON=/path/to/python3"
    )


def test_a_wrong_python_is_named_with_its_version(repository, tmp_path):
    fake = tmp_path / "python-old"
    fake.write_text("#!/bin/sh\necho 3.9\n")
    fake.chmod(0o755)
    done = set_up(repository, tmp_path, str(fake))
    assert done.returncode == 1
    assert "is Python 3.9; Ratchet needs 3.11 to 3.13" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_full_disk_is_named(repository, tmp_path):
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "df").write_text("#!/bin/sh\nprintf 'x\\nx 1 1 2048 1 /\\n'\n")
    (fake / "df").chmod(0o755)
    done = set_up(repository, tmp_path, sys.executable, PATH=f"{fake}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 1
    assert "2 MiB are free here, 4096 MiB are needed" in done.stderr


@pytest.mark.parametrize(
    ("own", "home"), [((), "var/demo"), (("include/models/sales.yaml",), "var"), (("var/runs/sales/record",), "var")]
)
def test_a_model_of_ones_own_never_lives_in_the_home_that_the_demo_removes(repository, tmp_path, own, home):
    shutil.copy(repository / "Makefile", tmp_path)
    for name in ("include/models/churn.yaml", *own):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    environment = {name: value for name, value in os.environ.items() if name != "RATCHET_HOME"}
    command = ["make", "--no-print-directory", "--eval", "home: ; @echo $(RATCHET_HOME)", "home"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / home)
