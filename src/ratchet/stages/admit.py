"""The first stage: whether a run may train now, decided and written down in one transaction of the ledger."""

import logging
from datetime import datetime

from sqlalchemy.engine import Connection

from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.ledger.admissions import find_admission, read_attempts, settle, write_admission
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.settling import count_from, end_lost, end_unheard, find_answered, settle_admitted
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import Admission, Applicant, Trigger, dag_of
from ratchet.throttle.admission import admit as decide

logger = logging.getLogger(__name__)

Asked = tuple[Trigger, str]  # a request, and what came with it as JSON text


def admit(run: Run, asked: tuple[Asked, ...], actor: str) -> Admission:
    """Decide whether a run may train, once: whoever asks again for the same run gets the same answer.

    Args:
        run: the run; it is decided as of its start.
        asked: the requests that came with it; they are written down before anything is decided.
        actor: what started it. Runs of the DAG come one at a time, so those without an end are known to be broken.
    """
    ledger = open_ledger(run.home)
    applicant = Applicant(model=run.model, run_id=run.run_id, actor=actor, at=run.started, dry_run=run.dry_run)
    with writing(ledger) as connection:
        for trigger, payload in asked:
            write_trigger(connection, trigger, payload)
    with writing(ledger) as connection:
        admission = find_admission(connection, run.model, run.run_id)
        if admission is None:
            end_unheard(connection, run.model, run.started)
            if actor == dag_of(run.model):
                end_lost(connection, applicant)
            own = frozenset(trigger.key for trigger, _ in asked)
            admission = _decide(connection, run, own, applicant)
    logger.info("run %s %s", run.run_id, describe(admission))
    return admission


def foresee(connection: Connection, config: ModelConfig, now: datetime) -> Admission:
    """Return what would be decided about a run that started now, and write nothing."""
    return decide(
        config.schedule.throttle,
        now=now,
        triggers=read_pending(connection, config.model),
        attempts=read_attempts(connection, config.model, now),
    )


def describe(admission: Admission) -> str:
    """Return a decision in one sentence."""
    reasons = "; ".join(admission.reasons)
    if admission.overridden:
        return f"is admitted: a person overrules that there were {reasons}"
    if admission.admitted:
        return f"is admitted for {len(admission.triggers)} request(s), the first of them '{admission.triggers[0]}'"
    if not admission.triggers:
        return f"ends at once: {reasons}"
    when = f"it will be admitted at {admission.at.isoformat()}" if admission.at else "blackouts leave no time for it"
    return f"ends at once: {reasons}; {when}, by itself"


def _decide(connection: Connection, run: Run, own: frozenset[str], applicant: Applicant) -> Admission:
    answered = find_answered(connection, run, own)
    attempts = read_attempts(connection, run.model, run.started)
    admission = decide(run.config.schedule.throttle, now=run.started, triggers=answered, attempts=attempts)
    write_admission(connection, applicant, admission, counts_from=count_from(run.started, answered))
    settle(connection, applicant, settle_admitted(admission, run.run_id))
    return admission
