"""Admissions and the fates of triggers in the ledger: each of them once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from ratchet.ledger.database import ENTRIES
from ratchet.ledger.journal import append_to, find_key, read_facts, write_time
from ratchet.ledger.runs import find_ended, read_run_ends
from ratchet.ledger.triggers import name_entry, read_triggers
from ratchet.records.admission import Admission, Applicant, Attempt, Settlement, Trigger
from ratchet.records.ledger import Kind, Note, RunEnd

IS_ADMITTED = '%"admitted": true%'  # as `json.dumps` writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What the entry of an admission holds: the run, what its intervals count from, and the decision."""

    run: str
    counts_from: datetime
    admission: Admission
    dry_run: bool = False


DECIDED = TypeAdapter(_Decided)
SETTLEMENT = TypeAdapter(Settlement)
MOMENT = TypeAdapter(datetime)


def find_admission(connection: Connection, model: str, run_id: str) -> Admission | None:
    """Return what was decided for a run; None when nothing was yet."""
    entry = find_key(connection, name_entry(Kind.ADMISSION, model, run_id))
    return _read_decided(entry.note.payload).admission if entry else None


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
    facts = _Decided(run=applicant.run_id, counts_from=counts_from, admission=admission, dry_run=applicant.dry_run)
    reason = "; ".join(admission.reasons) or "every rule allows it"
    note = Note(
        kind=Kind.ADMISSION,
        model=applicant.model,
        at=applicant.at,
        actor=applicant.actor,
        reason=f"{'admitted' if admission.admitted else 'waits'}: {reason}",
        payload=json.dumps(DECIDED.dump_python(facts, mode="json"), sort_keys=True),
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
    return tuple(read_facts(payload, SETTLEMENT, "a settlement") for payload in payloads)


def read_answered(connection: Connection, model: str, run_id: str) -> tuple[Trigger, ...]:
    """Return the triggers that a run answers."""
    keys = {each.trigger for each in read_settlements(connection, model) if each.run_id == run_id}
    return tuple(each for each in read_triggers(connection, model) if each.key in keys)


def read_attempts(connection: Connection, model: str, now: datetime) -> tuple[Attempt, ...]:
    """Return the runs of a model that were admitted, in that order; one without an end still runs."""
    ends = read_run_ends(connection, model)
    return tuple(_make_attempt(each, ends.get(each.run), now) for each in _read_admitted(connection, model))


def find_unfinished(connection: Connection, model: str, actor: str) -> tuple[str, ...]:
    """Return the ids of the runs that an actor started, that were admitted, and of which no end is known."""
    return _find_unfinished(connection, model, ENTRIES.c.actor == actor)


def find_unheard(connection: Connection, model: str, actor: str, *, since: datetime) -> tuple[str, ...]:
    """Return the ids of the runs that others than an actor started, and of which nothing is known since a moment."""
    return _find_unfinished(connection, model, ENTRIES.c.actor != actor, ENTRIES.c.at < write_time(since))


def _find_unfinished(connection: Connection, model: str, *conditions: sa.ColumnElement[bool]) -> tuple[str, ...]:
    started = tuple(each.run for each in _read_admitted(connection, model, *conditions))
    ended = find_ended(connection, model, started) if started else frozenset()
    return tuple(run_id for run_id in started if run_id not in ended)


def _make_attempt(decided: _Decided, end: RunEnd | None, now: datetime) -> Attempt:
    so_far = max((now - decided.counts_from).total_seconds(), 0.0)
    return Attempt(
        run_id=decided.run,
        started=decided.counts_from,
        seconds=end.seconds if end else so_far,
        succeeded=end.succeeded if end else None,
        dry_run=decided.dry_run,
    )


def _read_admitted(connection: Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Iterator[_Decided]:
    payloads = _read_payloads(connection, model, Kind.ADMISSION, ENTRIES.c.payload.like(IS_ADMITTED), *conditions)
    return map(_read_decided, payloads)


def _read_decided(payload: str) -> _Decided:
    return read_facts(payload, DECIDED, "an admission")


def _read_payloads(
    connection: Connection, model: str, kind: Kind, *conditions: sa.ColumnElement[bool]
) -> tuple[str, ...]:
    query = (
        sa.select(ENTRIES.c.payload)
        .where(ENTRIES.c.model == model, ENTRIES.c.kind == kind.value, *conditions)
        .order_by(ENTRIES.c.number)
    )
    return tuple(payload for (payload,) in connection.execute(query))
