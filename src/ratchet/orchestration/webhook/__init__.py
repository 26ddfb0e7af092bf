"""The webhook `/ratchet/api/alerts` of Airflow's API server: alerts of Prometheus Alertmanager become triggers."""
