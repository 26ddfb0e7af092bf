"""Shows every broken model file as an import error in Airflow, and leaves the other models' DAGs alone."""

from ratchet.orchestration.declaring import refuse_broken_models

refuse_broken_models()
