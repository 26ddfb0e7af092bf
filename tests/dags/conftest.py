"""The DAG files, read once for all tests that only look."""

from pathlib import Path
from typing import Any

import pytest

from builders.dag_files import read_dag_files


@pytest.fixture(scope="session")
def parsed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow makes of this repository's own DAG files."""
    return read_dag_files(repository, repository, tmp_path_factory.mktemp("airflow"))
