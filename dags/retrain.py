"""An Airflow DAG `<model>.retrain` for every model described in include/models."""

from ratchet.orchestration.declaring import build_all
from ratchet.orchestration.retrain import build_retrain

globals().update(build_all(build_retrain))
