"""Who asks for a run: from the schedule, the trigger form and asset events to triggers."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.config.run import Run
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
