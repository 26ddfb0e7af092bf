"""The only code that imports airflow."""
