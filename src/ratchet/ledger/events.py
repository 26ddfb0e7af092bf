"""What a run did, as notes and requests: the same event has the same key, so that a repeated task adds nothing."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from ratchet.config.run import Run
from ratchet.ledger.journal import write_payload
from ratchet.ledger.triggers import name_entry
from ratchet.records.admission import Trigger, TriggerKind
from ratchet.records.alerts import LABELLED, AlertLevel, AlertReport
from ratchet.records.judgement import Verdict
from ratchet.records.ledger import Kind, Note
from ratchet.records.promotion import AliasMove, AliasMoveKind
from ratchet.timeline import Moment

MOVED = {
    AliasMoveKind.PROMOTE: Kind.PROMOTION,
    AliasMoveKind.ADOPT: Kind.ADOPTION,
    AliasMoveKind.ROLL_BACK: Kind.ROLLBACK,
}
MONITOR = "monitor"  # who raises alerts and asks for what they need
LISTED = 20  # alerts in a note; the run's record has all of them
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEvents:
    """What a monitoring run's report adds to the ledger.

    Attributes:
        run: the run.
        report: its alerts.
        page: where they are shown, below the home folder.
        incident_file: the incident's file, there too; None without an incident.
    """

    run: Run
    report: AlertReport
    page: str
    incident_file: str | None

    def make_notes(self, *, is_news: bool) -> Iterator[Note]:
        """Note the alerts where they are news, and an incident that opened or closed: the keys make each one entry."""
        report, incident = self.report, self.report.incident
        if is_news:
            yield self._note(Kind.ALERT, stamp(report.as_of), report.sentence)
        if incident is None:
            return
        symptom = incident.symptoms[0] if incident.symptoms else f"incident {incident.key} is open"
        yield self._note(Kind.INCIDENT, f"{incident.key}:opened", symptom)
        if incident.closed is not None:
            yield self._note(Kind.INCIDENT, f"{incident.key}:closed", f"incident {incident.key} is closed")

    def make_trigger(self, reason: str) -> Trigger:
        """Return the request for a retrain that the alerts make."""
        kind = TriggerKind.PERFORMANCE if self.report.asks_kind in LABELLED else TriggerKind.DRIFT
        return Trigger(
            key=f"monitor-{stamp(self.report.as_of)}-{kind.value}",
            kind=kind,
            model=self.run.model,
            at=self.run.started,
            actor=MONITOR,
            reason=reason,
        )

    def describe(self) -> str:
        """Return the facts as JSON, and where all of them are."""
        report = self.report
        raised = [each for each in report.alerts if each.level in {AlertLevel.RED, AlertLevel.YELLOW}]
        facts = {
            "as_of": stamp(report.as_of),
            "run_id": self.run.run_id,
            "level": report.level.value,
            "version": report.version,
            "alerts": [
                {"name": each.signal.name, "level": each.level.value, "says": each.sentence} for each in raised[:LISTED]
            ],
            "raised": len(raised),
            "muted": report.muted,
            "incident": self.incident_file,
            "report": self.page,
        }
        return json.dumps(facts, sort_keys=True)

    def _note(self, kind: Kind, key: str, reason: str) -> Note:
        return Note(
            kind=kind,
            model=self.run.model,
            at=self.run.started,
            actor=MONITOR,
            reason=reason,
            payload=self.describe(),
            key=name_entry(kind, self.run.model, key),
        )


def stamp(as_of: Moment) -> str:
    """Return an as-of as keys and facts name it."""
    return as_of.astimezone(UTC).isoformat() if isinstance(as_of, datetime) else f"row-{as_of}"


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
