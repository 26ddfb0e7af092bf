"""The command line: the same stages, without Airflow."""
