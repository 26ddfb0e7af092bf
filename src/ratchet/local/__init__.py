"""A local Airflow and MLflow: started, watched and stopped for the demo, the tests and a look."""
