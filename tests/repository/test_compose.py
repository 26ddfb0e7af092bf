"""docker-compose.yaml: valid, without defaults for secrets, closed to the network."""

import os
import shutil
import subprocess

import pytest
import yaml

AIRFLOW_PARTS = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRETS = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "AIRFLOW_API_SECRET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_PASSWORDS_FILE",
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
