"""What a DAG run was asked for, and by whom: from form, schedule and asset events to a `Run` and its triggers."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.config.load import load_model
from ratchet.config.run import Run, freeze_run, read_as_of
from ratchet.config.settings import read_settings
from ratchet.records.admission import OWN_REQUEST, Trigger, TriggerKind, dag_of

if TYPE_CHECKING:
    from airflow.sdk.execution_time.comms import AssetEventResult

OWN_KINDS = {
    "scheduled": TriggerKind.SCHEDULE,
    "manual": TriggerKind.PERSON,
    "backfill": TriggerKind.PERSON,
    "asset_materialization": TriggerKind.PERSON,  # the button of an asset's page
    "operator_triggered": TriggerKind.EXTERNAL,  # another DAG
}
FOREIGN_KINDS = frozenset(TriggerKind) - {TriggerKind.PERSON, TriggerKind.SCHEDULE}  # what an event may call itself
LONGEST_REASON = 500


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


def read_own_trigger(run: Run, context: Mapping[str, Any]) -> Trigger | None:
    """Return what a DAG run itself asks for; None for one that only answers events."""
    dag_run = context["dag_run"]
    kind = OWN_KINDS.get(dag_run.run_type.value)
    if kind is None:
        return None
    is_person = kind is TriggerKind.PERSON
    return Trigger(
        key=f"{OWN_REQUEST}{run.run_id}",
        kind=kind,
        model=run.model,
        at=dag_run.run_after,
        actor=(dag_run.triggering_user_name or "a person without a name") if is_person else dag_of(run.model),
        reason=run.reason or ("started by hand, no reason given" if is_person else f"{dag_run.run_type.value} run"),
        override=is_person and _overrules(run, context["params"]),
    )


def _overrules(run: Run, form: Mapping[str, Any]) -> bool:
    # What waits is answered by a run that promotes, and of today: that would be another thing than was asked for.
    return bool(form["override"] or run.dry_run or form.get("as_of"))


def read_events(run: Run, events: "Iterable[AssetEventResult]") -> tuple[tuple[Trigger, str], ...]:
    """Return what asset events ask for, each with its payload; those of the monitoring are in the ledger already."""
    foreign = (event for event in events if event.source_dag_id != f"{run.model}.monitor")
    return tuple((_trigger_of(run.model, event), json.dumps(event.extra or {})) for event in foreign)


def _trigger_of(model: str, event: "AssetEventResult") -> Trigger:
    said = event.extra or {}
    sender = f"DAG {event.source_dag_id}" if event.source_dag_id else "Airflow's API"
    return Trigger(
        key=f"event:{said.get('key') or _name(event.id, event.timestamp)}",
        kind=_kind_of(said.get("kind")),
        model=model,
        at=event.timestamp,
        actor=str(said.get("actor") or sender)[:LONGEST_REASON],
        reason=str(said.get("reason") or "an asset event asks for it")[:LONGEST_REASON],
    )


def _name(number: int, at: datetime) -> str:
    # With the time: a database that was made anew counts from 1 again.
    return f"{number}:{at.isoformat()}"


def _kind_of(said: object) -> TriggerKind:
    return next((kind for kind in FOREIGN_KINDS if kind.value == said), TriggerKind.EXTERNAL)
