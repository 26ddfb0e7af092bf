"""docker-compose.yaml: valid, without defaults for secrets, closed to the network."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from sqlalchemy import make_url

AIRFLOW_PARTS = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRETS = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "AIRFLOW_API_SECRET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_ADMIN_PASSWORD",
)


@pytest.fixture(scope="module")
def compose(repository):
    return yaml.safe_load((repository / "docker-compose.yaml").read_text())


def validate(repository, folder, **environment: str) -> subprocess.CompletedProcess[str]:
    command = shutil.which("docker-compose")
    if not command:
        pytest.skip("docker-compose, which knows the Compose specification, is not installed")
    clean = {name: value for name, value in os.environ.items() if name not in SECRETS}
    # From another folder, so that a person's own .env does not fill in what is missing.
    arguments = [command, "-f", repository / "docker-compose.yaml", "--project-directory", folder, "config", "-q"]
    return subprocess.run(
        [str(each) for each in arguments],
        cwd=folder,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_follows_the_compose_specification(repository, tmp_path):
    done = validate(repository, tmp_path, **dict.fromkeys(SECRETS, "x"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("missing", SECRETS)
def test_no_secret_has_a_default(missing, repository, tmp_path):
    done = validate(repository, tmp_path, **{name: "x" for name in SECRETS if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr


def test_the_example_names_every_secret_and_gives_none(repository):
    lines = [line for line in (repository / ".env.example").read_text().splitlines() if line and line[0] != "#"]
    assert sorted(lines) == sorted(f"{name}=" for name in SECRETS)


def test_nothing_is_published_beyond_loopback(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_part_is_there_and_has_a_health_check(compose):
    services = compose["services"]
    assert AIRFLOW_PARTS | {"postgres", "redis", "mlflow"} <= set(services)
    assert all("healthcheck" in service for name, service in services.items() if name != "migrate")


def test_airflow_runs_the_image_of_this_repository(compose, repository):
    for name in AIRFLOW_PARTS | {"mlflow"}:
        assert compose["services"][name]["build"] == "."
    assert (repository / "Dockerfile").is_file()


@pytest.mark.parametrize("name", sorted(AIRFLOW_PARTS))
def test_nothing_calls_home(name, compose):
    environment = compose["services"][name]["environment"]
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_libraries_for_its_databases_are_installed(compose):
    environment = compose["services"]["worker"]["environment"]
    airflow = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    results = environment["AIRFLOW__CELERY__RESULT_BACKEND"].removeprefix("db+")
    for address in (airflow, results):
        url = make_url(re.sub(r"\$\{.*?\}", "x", address))
        # Without a name the driver would be SQLAlchemy's own choice, which changed with 2.1.
        assert url.drivername == "postgresql+psycopg2"
        assert url.get_dialect().import_dbapi()
    assert import_module("asyncpg")  # Airflow's own choice for its second way into the database
    assert import_module("redis")


def test_the_user_can_log_in_with_the_password_of_the_environment(compose, tmp_path):
    server = compose["services"]["api-server"]
    (script,) = server["command"]
    passwords = tmp_path / "passwords.json"
    airflow = tmp_path / "airflow"
    airflow.write_text('#!/bin/sh\necho "$@"\n')
    airflow.chmod(0o700)
    environment = {
        "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.defpath}",
        "AIRFLOW_ADMIN_PASSWORD": "a'long\"one",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }
    command = [*server["entrypoint"], script.replace("$$", "$")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "api-server --host 0.0.0.0\n"
    assert json.loads(passwords.read_text()) == {"admin": "a'long\"one"}
    assert passwords.stat().st_mode & 0o777 == 0o600


def test_airflow_may_write_its_passwords_again(compose):
    assert not compose["services"]["api-server"].get("secrets")
    folders = [volume.split(":")[1] for volume in compose["services"]["api-server"]["volumes"] if ":ro" not in volume]
    name = compose["services"]["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]
    assert str(Path(name).parent) not in folders  # a volume would keep an old password beside the new one


def test_every_volume_of_ours_is_mounted_on_a_folder_that_its_user_owns(compose, repository):
    made = re.search(r"mkdir -p (.*?) && chown -R ratchet (.*)", (repository / "Dockerfile").read_text())
    assert made
    folders = {str(Path("/opt/ratchet", name)) for name in made[1].split()}
    services = [service for service in compose["services"].values() if service["image"] == "ratchet:local"]
    writable = [volume.split(":") for service in services for volume in service["volumes"] if ":ro" not in volume]
    assert {target for _, target, *_ in writable} <= folders
