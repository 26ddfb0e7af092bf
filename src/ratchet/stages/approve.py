"""Approve: a person answers a hold, and the challenger may be promoted in their words."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.events import SOMEBODY, note_approval
from ratchet.ledger.journal import append
from ratchet.records.judgement import Decision, Verdict

logger = logging.getLogger(__name__)


def approve(run: Run, verdict: Verdict, reason: str, actor: str = SOMEBODY) -> Verdict:
    """Turn a hold into a promotion, and write in the ledger who said so; all else that was decided stays.

    Of a run that was approved already, the first words stay.

    Raises:
        RegistryError: the run was a dry one or was not held, or no reason is given.
    """
    if run.dry_run:
        raise RegistryError(
            f"run {run.run_id} of {run.model} was a dry run, which never promotes: run it again without `--dry-run`"
        )
    if verdict.decision is not Decision.HOLD:
        raise RegistryError(
            f"run {run.run_id} of {run.model} was decided '{verdict.decision}'; only a hold can be approved"
        )
    if not reason.strip():
        raise RegistryError(
            f"run {run.run_id} of {run.model}: say why it is approved; the reason is kept with the move"
        )
    note = note_approval(run, verdict, reason=reason.strip(), actor=actor, at=datetime.now(UTC))
    said = append(open_ledger(run.home), note).note
    if (said.actor, said.reason) != (note.actor, note.reason):
        when = said.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        logger.warning(
            "run %s of %s was approved already, by %s on %s: %s", run.run_id, run.model, said.actor, when, said.reason
        )
    return replace(verdict, decision=Decision.PROMOTE, reason=f"approved: {said.reason}; {verdict.reason}")
