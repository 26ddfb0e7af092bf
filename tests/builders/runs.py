"""Builders of configs and runs."""

from datetime import UTC, datetime
from pathlib import Path

from ratchet.config.model import ModelConfig
from ratchet.config.run import Run

STARTED = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
DATA = {
    "source": {"path": "data.csv"},
    "time": {"column": "when"},
    "target": {"column": "bought", "positive": "yes", "negative": "no"},
    "features": {"age": "numeric", "city": "categorical", "member": "boolean"},
}


def make_config(**changes: object) -> ModelConfig:
    """A small binary model; `data` is merged key by key, anything else replaces."""
    data = DATA | dict(changes.pop("data", {}))  # type: ignore[call-overload]
    return ModelConfig.model_validate({"model": "sales", "task": "binary", "data": data} | changes)


def make_run(home: Path, config: ModelConfig | None = None, **changes: object) -> Run:
    """A run whose project and home are the same temporary folder."""
    facts = {"run_id": "run-1", "started": STARTED, "project": home, "home": home}
    return Run.model_validate({"config": config or make_config()} | facts | changes)
