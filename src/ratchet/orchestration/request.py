"""What a DAG run was asked for: from the trigger form and the schedule to a `Run`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.settings import read_settings
from ratchet.errors import ConfigError, did_you_mean


def make_run(model_file: str, context: Mapping[str, Any]) -> Run:
    """Read a model's YAML and a task's context into the run that every stage gets.

    A run without an as-of time takes the moment Airflow scheduled it for, so that clearing it tomorrow reads
    the same rows.

    Raises:
        ConfigError: the YAML or an answer in the form is wrong.
    """
    config = load_model(Path(model_file))
    params, dag_run, settings = context["params"], context["dag_run"], read_settings()
    asked = tuple(params["candidates"] or ())
    _refuse_unknown_candidates(config, asked)
    as_of = read_as_of(params["as_of"], config) or (dag_run.run_after if config.data.has_clock else None)
    try:
        return Run(
            config=config,
            project=str(settings.project),
            home=str(settings.home),
            run_id=dag_run.run_id,
            started=dag_run.start_date or dag_run.run_after,
            as_of=as_of,
            candidates=asked,
            reason=params["reason"] or "",
            dry_run=params["dry_run"],
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{first['loc'][0]}: {first['msg']}; found {first['input']!r}") from error


def read_as_of(text: str | None, config: ModelConfig) -> datetime | int | None:
    """Read an as-of time (ISO 8601, UTC unless it says otherwise) or, without a clock, a number of rows.

    Raises:
        ConfigError: it is neither, or not the kind that this model's data has.
    """
    if not text:
        return None
    try:
        if not config.data.has_clock:
            return int(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        wanted = "a time such as 2026-01-31T00:00:00Z" if config.data.has_clock else "a number of rows"
        raise ConfigError(f"as of: '{text}' is not {wanted}, which is what {config.model} needs") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refuse_unknown_candidates(config: ModelConfig, asked: tuple[str, ...]) -> None:
    known = [spec.name for spec in config.candidates]
    for name in asked:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ConfigError(f"candidates: {config.model} has no candidate '{name}'{hint}; it has {', '.join(known)}")
