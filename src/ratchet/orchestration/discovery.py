"""Which DAGs there are: one for every readable model file; the unreadable ones are told apart."""

from collections.abc import Callable
from pathlib import Path

from airflow.sdk import DAG

from ratchet.config.load import find_models, load_model
from ratchet.config.settings import read_settings
from ratchet.errors import ConfigError


def build_all(build: Callable[[Path], DAG]) -> dict[str, DAG]:
    """Return the DAGs of all model files by id, leaving broken files to `refuse_broken_models`."""
    dags = [build(path) for path in find_models(read_settings().models) if not problem_of(path)]
    return {dag.dag_id: dag for dag in dags}


def refuse_broken_models() -> None:
    """Raise what is wrong with each broken model file.

    Raises:
        ConfigError: one sentence a mistake. It belongs in a DAG file of its own: Airflow takes every DAG of a file
            that raises out of service.
    """
    problems = [problem for path in find_models(read_settings().models) if (problem := problem_of(path))]
    if problems:
        raise ConfigError("\n".join(problems))


def problem_of(path: Path) -> str | None:
    """Return what is wrong with a model file, None when nothing is."""
    try:
        load_model(path)
    except ConfigError as error:
        return str(error)
    return None
