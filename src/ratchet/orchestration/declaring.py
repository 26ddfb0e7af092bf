"""What the DAGs of a model share: no backlog, one run at a time, a form with an as-of, and the assets between them."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, Param

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


def scored_asset(model: str) -> Asset:
    """Return what a model's scoring touches; its monitoring runs when it is."""
    return Asset(name=f"ratchet/{model}/scored", uri=f"ratchet/{model}/scored")


def drift_asset(model: str) -> Asset:
    """Return what a model's monitoring touches when it asks for a retraining, and only then."""
    return Asset(name=f"ratchet/{model}/drift", uri=f"ratchet/{model}/drift")
