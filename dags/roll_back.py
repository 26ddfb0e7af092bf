"""An Airflow DAG `<model>.roll_back` for every model described in include/models."""

from ratchet.orchestration.declaring import build_all
from ratchet.orchestration.roll_back import build_roll_back

globals().update(build_all(build_roll_back))
