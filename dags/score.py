"""An Airflow DAG `<model>.score` for every model described in include/models."""

from ratchet.orchestration.declaring import build_all
from ratchet.orchestration.score import build_score

globals().update(build_all(build_score))
