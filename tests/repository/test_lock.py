"""What is installed is what is locked, in both forms of the lock."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def uv() -> str:
    found = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(found).exists():
        pytest.skip("uv is not installed; `make` installs it into .venv")
    return found


def test_requirements_are_the_exported_lock(repository):
    command = [
        uv(),
        "export",
        "--quiet",
        "--frozen",
        "--all-extras",
        "--all-groups",
        "--no-emit-project",
        "--no-header",
    ]
    exported = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    assert (repository / "requirements.txt").read_text() == exported, "they differ: run `make lock`"


def test_every_requirement_is_pinned_with_hashes(repository):
    entries = re.split(r"\n(?=\S)", (repository / "requirements.txt").read_text().strip())
    pinned = [entry for entry in entries if not entry.startswith("#")]
    assert len(pinned) > 200
    assert all("==" in entry and "--hash=sha256:" in entry for entry in pinned)


@pytest.mark.parametrize("name", ["uv.lock", "requirements.txt", "pyproject.toml", "Makefile", "Dockerfile"])
def test_no_index_but_the_public_default(name, repository):
    text = (repository / name).read_text()
    hosts = set(re.findall(r"https?://([^/\s\"']+)", text))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
    assert "index-url" not in text


@pytest.mark.parametrize(
    ("package", "version"),
    [("apache-airflow", "3.3."), ("great-expectations", "1.24."), ("scikit-learn", "1.9."), ("xgboost", "3.2."),
     ("mlflow", "3.17."), ("pandas", "2.3."), ("evidently", "0.7.")],
)  # fmt: skip
def test_the_promised_versions_are_locked(package, version, repository):
    assert f"\n{package}=={version}" in "\n" + (repository / "requirements.txt").read_text()
