"""Admissions and the fates of triggers in the ledger: each of them once."""

import json
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from ratchet.ledger.book import append_to, find_key
from ratchet.ledger.runs import read_run_ends
from ratchet.ledger.tables import ENTRIES
from ratchet.ledger.triggers import name_entry, read_triggers
from ratchet.records.admission import Admission, Applicant, Attempt, Settlement, Trigger
from ratchet.records.ledger import Kind, Note

ADMISSION = TypeAdapter(Admission)
SETTLEMENT = TypeAdapter(Settlement)
MOMENT = TypeAdapter(datetime)
IS_ADMITTED = '%"admitted": true%'  # as `json.dumps` writes it


def find_admission(connection: Connection, model: str, run_id: str) -> Admission | None:
    """Return what was decided for a run; None when nothing was yet."""
    entry = find_key(connection, name_entry(Kind.ADMISSION, model, run_id))
    return ADMISSION.validate_python(json.loads(entry.note.payload)["admission"]) if entry else None


def find_start(connection: Connection, model: str, run_id: str) -> datetime | None:
    """Return when a run asked; None when it did not yet."""
    entry = find_key(connection, name_entry(Kind.ADMISSION, model, run_id))
    return entry.note.at if entry else None


def find_last_admission(connection: Connection, model: str, actor: str) -> datetime | None:
    """Return when an actor's last run asked; None when none did."""
    query = (
        sa.select(ENTRIES.c.at)
        .where(ENTRIES.c.model == model, ENTRIES.c.kind == Kind.ADMISSION.value, ENTRIES.c.actor == actor)
        .order_by(ENTRIES.c.number.desc())
        .limit(1)
    )
    last = connection.execute(query).scalar()
    return MOMENT.validate_python(last) if last else None


def write_admission(
    connection: Connection, applicant: Applicant, admission: Admission, *, counts_from: datetime
) -> None:
    """Write down whether a run may train; what was written for it before stays.

    Args:
        connection: of a block of `writing`.
        applicant: the run.
        admission: the decision.
        counts_from: what intervals count from.
    """
    facts = {
        "run": applicant.run_id,
        "counts_from": MOMENT.dump_python(counts_from, mode="json"),
        "admission": ADMISSION.dump_python(admission, mode="json"),
    }
    reason = "; ".join(admission.reasons) or "every rule allows it"
    note = Note(
        kind=Kind.ADMISSION,
        model=applicant.model,
        at=applicant.at,
        actor=applicant.actor,
        reason=f"{'admitted' if admission.admitted else 'waits'}: {reason}",
        payload=json.dumps(facts, sort_keys=True),
        key=name_entry(Kind.ADMISSION, applicant.model, applicant.run_id),
    )
    append_to(connection, note)


def settle(connection: Connection, applicant: Applicant, settlements: Iterable[Settlement]) -> None:
    """Write down what became of triggers; a trigger that has its fate keeps it."""
    for each in settlements:
        note = Note(
            kind=Kind.SETTLEMENT,
            model=applicant.model,
            at=applicant.at,
            actor=applicant.actor,
            reason=f"{each.fate.value}: {each.reason}",
            payload=json.dumps(SETTLEMENT.dump_python(each, mode="json"), sort_keys=True),
            key=name_entry(Kind.SETTLEMENT, applicant.model, each.trigger),
        )
        append_to(connection, note)


def read_settlements(connection: Connection, model: str) -> tuple[Settlement, ...]:
    """Return the fate of every trigger of a model that has one, in the order they were settled."""
    payloads = _read_payloads(connection, model, Kind.SETTLEMENT)
    return tuple(SETTLEMENT.validate_json(payload) for payload in payloads)


def read_answered(connection: Connection, model: str, run_id: str) -> tuple[Trigger, ...]:
    """Return the triggers that a run answers."""
    keys = {each.trigger for each in read_settlements(connection, model) if each.run_id == run_id}
    return tuple(each for each in read_triggers(connection, model) if each.key in keys)


def read_attempts(connection: Connection, model: str, now: datetime) -> tuple[Attempt, ...]:
    """Return the runs of a model that were admitted, in that order; one without an end still runs."""
    ends = read_run_ends(connection, model)
    attempts = []
    for payload in _read_payloads(connection, model, Kind.ADMISSION, ENTRIES.c.payload.like(IS_ADMITTED)):
        facts = json.loads(payload)
        started, end = MOMENT.validate_python(facts["counts_from"]), ends.get(facts["run"])
        so_far = max((now - started).total_seconds(), 0.0)
        attempts.append(
            Attempt(
                run_id=facts["run"],
                started=started,
                seconds=end.seconds if end else so_far,
                succeeded=end.succeeded if end else None,
            )
        )
    return tuple(attempts)


def find_unfinished(connection: Connection, model: str, actor: str) -> tuple[str, ...]:
    """Return the ids of the runs that an actor started, that were admitted, and of which no end is known."""
    ended = read_run_ends(connection, model)
    started = _read_payloads(
        connection, model, Kind.ADMISSION, ENTRIES.c.payload.like(IS_ADMITTED), ENTRIES.c.actor == actor
    )
    runs = (str(json.loads(payload)["run"]) for payload in started)
    return tuple(run for run in runs if run not in ended)


def _read_payloads(
    connection: Connection, model: str, kind: Kind, *conditions: sa.ColumnElement[bool]
) -> tuple[str, ...]:
    query = (
        sa.select(ENTRIES.c.payload)
        .where(ENTRIES.c.model == model, ENTRIES.c.kind == kind.value, *conditions)
        .order_by(ENTRIES.c.number)
    )
    return tuple(payload for (payload,) in connection.execute(query))
