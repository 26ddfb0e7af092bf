"""Which DAGs there are, one of each kind for every readable model file, and what they share.

No backlog, one run at a time, a form with an as-of, and the assets between them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, Param

from ratchet.config.load import find_models, load_model
from ratchet.config.model import ModelConfig
from ratchet.config.settings import read_settings
from ratchet.errors import ConfigError

START = datetime(2024, 1, 1, tzinfo=UTC)  # static: moving it would make Airflow see other intervals


def declare(config: ModelConfig, name: str, *, schedule: Any, **options: Any) -> DAG:
    """Return the DAG `<model>.<name>`; its tasks are made in a `with` block."""
    return DAG(
        dag_id=f"{config.model}.{name}",
        schedule=schedule,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        tags=["ratchet", config.task],
        default_args={"owner": config.owner or "ratchet"},
        **options,
    )


def ask_as_of(config: ModelConfig, text: str) -> Param:
    """Return the field of a form that asks up to when a run looks; the text says what that means for the run."""
    kind = "A time in UTC, such as 2026-01-31T00:00:00Z" if config.data.has_clock else "A number of rows"
    return Param(None, type=["null", "string"], title="As of", description=f"{kind}: {text}")


def scored_asset(model: str) -> Asset:
    """Return what a model's scoring touches; its monitoring runs when it is."""
    return Asset(name=f"ratchet/{model}/scored", uri=f"ratchet/{model}/scored")


def drift_asset(model: str) -> Asset:
    """Return what a model's monitoring touches when it asks for a retraining, and only then."""
    return Asset(name=f"ratchet/{model}/drift", uri=f"ratchet/{model}/drift")


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
