"""Ratchet in Airflow: the webhook for alerts."""

from airflow.plugins_manager import AirflowPlugin

from ratchet.orchestration.webhook.mount import PREFIX, serve


class RatchetPlugin(AirflowPlugin):
    """What Ratchet adds to Airflow's API server."""

    name = "ratchet"
    fastapi_apps = [{"app": serve, "url_prefix": PREFIX, "name": "ratchet"}]  # noqa: RUF012 (Airflow's own way)
