import stat

from ratchet.config.settings import Settings
from ratchet.local.environment import PRELOAD, airflow_environment, make_site, scheduler_environment


def site_in(folder):
    return make_site(Settings(project=folder, home=folder / "var"), 8099)


def test_everything_listens_on_loopback_only(tmp_path):
    environment = airflow_environment(site_in(tmp_path))
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8099"
    assert "0.0.0.0" not in " ".join(f"{k}={v}" for k, v in environment.items() if k.startswith("AIRFLOW"))


def test_secrets_are_generated_once_and_private(tmp_path):
    first, second = site_in(tmp_path), site_in(tmp_path)
    assert first.password == second.password
    assert len(first.password) >= 12
    one, two = airflow_environment(first), airflow_environment(second)
    assert one["AIRFLOW__API_AUTH__JWT_SECRET"] == two["AIRFLOW__API_AUTH__JWT_SECRET"]
    assert len(one["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert first.webhook_token.read_text() == second.webhook_token.read_text()
    for name in ("passwords.json", "keys.json", "webhook_token"):
        assert stat.S_IMODE((first.folder / name).stat().st_mode) == 0o600


def test_two_homes_have_different_secrets(tmp_path):
    assert site_in(tmp_path / "a").password != site_in(tmp_path / "b").password


def test_a_stray_setting_of_the_shell_stays_out(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_X", "secret")
    environment = airflow_environment(site_in(tmp_path))
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW_CONN_X" not in environment


def test_the_webhook_has_a_token_of_its_own_unless_a_person_names_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv("RATCHET_WEBHOOK_TOKEN_FILE", raising=False)
    site = site_in(tmp_path)
    assert airflow_environment(site)["RATCHET_WEBHOOK_TOKEN_FILE"] == str(site.webhook_token)
    assert len(site.webhook_token.read_text()) >= 32
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN_FILE", "/run/secrets/webhook")
    assert airflow_environment(site)["RATCHET_WEBHOOK_TOKEN_FILE"] == "/run/secrets/webhook"


def test_nothing_calls_home(tmp_path):
    environment = airflow_environment(site_in(tmp_path))
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert (environment["DO_NOT_TRACK"], environment["GX_ANALYTICS_ENABLED"]) == ("true", "False")
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_only_the_scheduler_loads_the_libraries_ahead(tmp_path):
    environment = airflow_environment(site_in(tmp_path))
    assert str(PRELOAD) not in environment.get("PYTHONPATH", "")
    assert scheduler_environment(environment)["PYTHONPATH"].startswith(str(PRELOAD))
    assert (PRELOAD / "airflow_local_settings.py").is_file()
