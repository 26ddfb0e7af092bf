import pytest

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow
