"""What a run did, as notes: the same event makes the same key, so that a task that is tried again adds nothing."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from ratchet.config.run import Run
from ratchet.ledger.payload import write_payload
from ratchet.ledger.triggers import name_entry
from ratchet.records.judgement import Verdict
from ratchet.records.ledger import Kind, Note
from ratchet.records.promotion import AliasMove, AliasMoveKind

MOVED = {AliasMoveKind.PROMOTE: Kind.PROMOTION, AliasMoveKind.ROLL_BACK: Kind.ROLLBACK}
SOMEBODY = "unknown"  # moves that were made before actors were kept


def note_verdict(run: Run, verdict: Verdict, *, at: datetime) -> Note:
    """Note what was decided; a run that is cleared and comes to another verdict, or another model, has a new entry."""
    what = f"{verdict.decision}:{verdict.challenger_sha256}"
    return Note(
        kind=Kind.VERDICT,
        model=run.model,
        at=at,
        actor=f"run {run.run_id}",
        reason=verdict.reason,
        payload=write_payload(run_id=run.run_id, verdict=verdict),
        key=name_entry(Kind.VERDICT, run.model, f"{run.run_id}:{_digest(what)}"),
    )


def note_approval(run: Run, verdict: Verdict, *, reason: str, actor: str, at: datetime) -> Note:
    """Note a person's yes to a held run; whoever says it once more, in whatever words, adds nothing."""
    facts = {"run_id": run.run_id, "challenger": verdict.challenger, "sha256": verdict.challenger_sha256}
    return Note(
        kind=Kind.APPROVAL,
        model=run.model,
        at=at,
        actor=actor,
        reason=reason,
        payload=write_payload(**facts, held=verdict.reason),
        key=name_entry(Kind.APPROVAL, run.model, f"{run.run_id}:{_digest(str(verdict.challenger_sha256))}"),
    )


def note_moves(model: str, moves: Iterable[AliasMove]) -> tuple[Note, ...]:
    """Note each promotion and rollback that the registry keeps of a model.

    Whoever notes a move writes the same: a move whose process died before it could be noted is noted by the next one.
    """
    return tuple(_note_move(model, move) for move in moves)


def _note_move(model: str, move: AliasMove) -> Note:
    # With the time: a registry that was made anew counts from 1 again.
    name = f"{move.number}:{move.at.isoformat()}"
    return Note(
        kind=MOVED[move.kind],
        model=model,
        at=move.at,
        actor=move.actor or (f"run {move.run_id}" if move.run_id else SOMEBODY),
        reason=move.reason,
        payload=write_payload(move=move),
        key=name_entry(MOVED[move.kind], model, name),
    )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
