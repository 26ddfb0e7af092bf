"""An Airflow DAG `<model>.monitor` for every model described in include/models."""

from ratchet.orchestration.declaring import build_all
from ratchet.orchestration.monitor import build_monitor

globals().update(build_all(build_monitor))
