"""What a DAG run was asked for: from the trigger form and the schedule to a `Run`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratchet.config.as_of import read_as_of
from ratchet.config.load import load_model
from ratchet.config.run import Run, freeze_run
from ratchet.config.settings import read_settings


def make_run(model_file: str, context: Mapping[str, Any]) -> Run:
    """Read a model's YAML and a task's context into the run that every stage gets.

    A run without an as-of time takes the moment Airflow scheduled it for, so that clearing it tomorrow reads
    the same rows.

    Raises:
        ConfigError: the YAML or an answer in the form is wrong.
    """
    config = load_model(Path(model_file))
    params, dag_run, settings = context["params"], context["dag_run"], read_settings()
    started = dag_run.start_date or dag_run.run_after
    as_of = read_as_of(params["as_of"], config, started)
    if as_of is None and config.data.has_clock:
        as_of = dag_run.run_after
    return freeze_run(
        config,
        project=settings.project,
        home=settings.home,
        run_id=dag_run.run_id,
        started=started,
        as_of=as_of,
        candidates=params.get("candidates") or (),
        reason=params.get("reason") or "",
        dry_run=params.get("dry_run", False),
    )
