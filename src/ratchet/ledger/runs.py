"""What runs came to, how they ended and how long they took: what the throttle counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Engine

from ratchet.config.run import Run
from ratchet.ledger.database import ENTRIES, open_ledger, writing
from ratchet.ledger.events import note_verdict
from ratchet.ledger.journal import append, append_to, find_key, read_entries, read_facts, write_payload
from ratchet.ledger.triggers import name_entry
from ratchet.records.judgement import Verdict
from ratchet.records.ledger import Entry, Kind, Note, RunEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """What the entry of a run's end holds."""

    end: RunEnd


ENDED = TypeAdapter(_Ended)


def write_verdict(run: Run, verdict: Verdict, *, at: datetime) -> Entry:
    """Write a run's verdict down."""
    return append(open_ledger(run.home), note_verdict(run, verdict, at=at))


def write_run_end(where: Engine | Connection, model: str, end: RunEnd, *, reason: str) -> Entry:
    """Write down how a run ended; again only when it ends in another way, as after it was cleared.

    Args:
        where: the ledger, or a connection of a block of `writing`.
        model: whose run.
        end: how it ended.
        reason: one sentence: the verdict's, or what went wrong.
    """
    if isinstance(where, Engine):
        with writing(where) as connection:
            return write_run_end(connection, model, end, reason=reason)
    number, last = _find_last(where, model, end.run_id)
    if last and _read_end(last).succeeded == end.succeeded:
        return last
    note = Note(
        kind=Kind.RUN,
        model=model,
        at=end.ended,
        actor=f"run {end.run_id}",
        reason=reason,
        payload=write_payload(end=end),
        key=_name(model, end.run_id, number + 1),
    )
    return append_to(where, note)


def find_run_end(connection: Connection, model: str, run_id: str) -> RunEnd | None:
    """Return how a run ended last; None when it was not noted."""
    _, last = _find_last(connection, model, run_id)
    return _read_end(last) if last else None


def find_ended(connection: Connection, model: str, run_ids: Collection[str]) -> frozenset[str]:
    """Return those of a model's runs whose end was noted, with one query: it is asked every few seconds."""
    names = {_name(model, run_id, 1): run_id for run_id in run_ids}
    noted = connection.execute(sa.select(ENTRIES.c.key).where(ENTRIES.c.key.in_(names)))
    return frozenset(names[key] for (key,) in noted)


def read_run_ends(connection: Connection, model: str) -> dict[str, RunEnd]:
    """Return how each of a model's runs ended last, by run id."""
    ends = map(_read_end, read_entries(connection, model=model, kinds=[Kind.RUN]))
    return {end.run_id: end for end in ends}


def _read_end(entry: Entry) -> RunEnd:
    return read_facts(entry.note.payload, ENDED, f"an end of a run, entry {entry.number},").end


def _find_last(connection: Connection, model: str, run_id: str) -> tuple[int, Entry | None]:
    """Return how many ends of a run there are, and the last of them."""
    number, last = 0, None
    while entry := find_key(connection, _name(model, run_id, number + 1)):
        number, last = number + 1, entry
    return number, last


def _name(model: str, run_id: str, number: int) -> str:
    return name_entry(Kind.RUN, model, f"{run_id}:{number}")
