"""What the DAGs of a model have in common: no backlog, one run at a time, and a form that asks for an as-of."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Param

from ratchet.config.model import ModelConfig

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
