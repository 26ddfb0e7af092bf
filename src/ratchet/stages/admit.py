"""The first stage: whether a run may train now, decided and written down in one transaction of the ledger."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.ledger.admissions import (
    find_admission,
    find_last_admission,
    find_start,
    find_unfinished,
    find_unheard,
    read_answered,
    read_attempts,
    settle,
    write_admission,
)
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.runs import find_run_end, write_run_end
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import Admission, Applicant, Trigger
from ratchet.records.ledger import RunEnd
from ratchet.throttle.admission import admit as decide
from ratchet.throttle.settling import (
    OWN_REQUEST,
    ask_again,
    count_from,
    is_being_decided,
    settle_admitted,
    settle_ended,
)

logger = logging.getLogger(__name__)

Asked = tuple[Trigger, str]  # a request, and what came with it as JSON text
LONG_AGO = timedelta(days=1)  # a run that waited in a queue is still about today; one as of last year is not
# A run from a shell says itself how it ended, unless it was killed. A day is also what a budget looks back on.
LONGEST_SILENCE = timedelta(days=1)


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
            _end_unheard(connection, run.model, run.started)
            if actor == dag_of(run.model):
                _end_the_lost(connection, applicant)
            own = frozenset(trigger.key for trigger, _ in asked)
            admission = _decide(connection, run, own, applicant)
    logger.info("run %s %s", run.run_id, describe(admission))
    return admission


def conclude(run: Run, problem: str | None, now: datetime) -> RunEnd | None:
    """Write down how an admitted run ended; None for a run that was not admitted.

    Alerts that were raised while it was under way are settled by its verdict; what a broken run was to answer is
    asked again.

    Args:
        run: the run.
        problem: why it broke; None when it reached its last stage.
        now: the time, with its zone.
    """
    if problem is not None:
        return break_off(run.home, run.model, run.run_id, problem, now)
    with writing(open_ledger(run.home)) as connection:
        end = _make_end(connection, run.model, run.run_id, succeeded=True, now=now)
        if end is None or _is_known(connection, run.model, end):
            return end
        pending = tuple(each for each in read_pending(connection, run.model) if answers(run, each, now))
        applicant = Applicant(model=run.model, run_id=run.run_id, actor=dag_of(run.model), at=now)
        settle(connection, applicant, settle_ended(pending, run.run_id))
        write_run_end(connection, run.model, end, reason="reached its last stage")
    return end


def break_off(home: Path, model: str, run_id: str, problem: str, now: datetime) -> RunEnd | None:
    """Write down that an admitted run broke, and ask again for what it was to answer; None when it was not admitted."""
    with writing(open_ledger(home)) as connection:
        end = _make_end(connection, model, run_id, succeeded=False, now=now)
        if end is not None and not _is_known(connection, model, end):
            _end_broken(connection, model, end, problem)
    return end


def is_unheard(connection: Connection, model: str, now: datetime) -> bool:
    """Tell whether nothing was heard for a day of a run from a shell, as when it was killed."""
    return bool(_find_unheard(connection, model, now))


def end_unheard(ledger: Engine, model: str, now: datetime) -> None:
    """Write down that runs from a shell broke of which nothing was heard for a day; what they took is asked again."""
    with writing(ledger) as connection:
        _end_unheard(connection, model, now)


def foresee(config: ModelConfig, home: Path, now: datetime) -> Admission:
    """Return what would be decided about a run that started now, and write nothing."""
    with open_ledger(home).connect() as connection:
        return read_outlook(connection, config, now)


def read_outlook(connection: Connection, config: ModelConfig, now: datetime) -> Admission:
    """Return what would be decided about a run that started now, on an open ledger."""
    return decide(
        config.schedule.throttle,
        now=now,
        triggers=read_pending(connection, config.model),
        attempts=read_attempts(connection, config.model, now),
    )


def last_admission(home: Path, model: str) -> datetime | None:
    """Return when the last run of the DAG asked; None when none did."""
    with open_ledger(home).connect() as connection:
        return find_last_admission(connection, model, dag_of(model))


def answers(run: Run, trigger: Trigger, now: datetime) -> bool:
    """Tell whether a run answers a request that did not come with it: not when it only looks, or looks back.

    A run that is cleared a month later looks back as well: it reads the rows that it read before.
    """
    if run.dry_run or isinstance(run.as_of, int):
        return False
    known = run.as_of or run.started
    return known >= now - LONG_AGO or trigger.at <= known


def dag_of(model: str) -> str:
    """Return the id of the DAG that retrains a model."""
    return f"{model}.retrain"


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
    pending = read_pending(connection, run.model)
    answered = tuple(each for each in pending if each.key in own or _may_take(connection, run, each))
    attempts = read_attempts(connection, run.model, run.started)
    admission = decide(run.config.schedule.throttle, now=run.started, triggers=answered, attempts=attempts)
    write_admission(connection, applicant, admission, counts_from=count_from(run.started, answered))
    settle(connection, applicant, settle_admitted(admission, run.run_id))
    return admission


def _may_take(connection: Connection, run: Run, trigger: Trigger) -> bool:
    """Tell whether a run answers another's request: not what another run has asked for itself and goes on to decide."""
    if not answers(run, trigger, run.started):
        return False
    other = trigger.key.removeprefix(OWN_REQUEST)
    return not is_being_decided(trigger, run.started) or find_start(connection, run.model, other) is not None


def _make_end(connection: Connection, model: str, run_id: str, *, succeeded: bool, now: datetime) -> RunEnd | None:
    admission, started = find_admission(connection, model, run_id), find_start(connection, model, run_id)
    if admission is None or started is None or not admission.admitted:
        return None
    seconds = max((now - started).total_seconds(), 0.0)
    return RunEnd(run_id=run_id, succeeded=succeeded, seconds=seconds, ended=now)


def _end_the_lost(connection: Connection, applicant: Applicant) -> None:
    for run_id in find_unfinished(connection, applicant.model, applicant.actor):
        problem = "nobody saw its end, and another run of the DAG began"
        _end_unseen(connection, applicant.model, run_id, problem, applicant.at)


def _end_unheard(connection: Connection, model: str, now: datetime) -> None:
    for run_id in _find_unheard(connection, model, now):
        _end_unseen(connection, model, run_id, "nothing was heard of it for a day", now)


def _find_unheard(connection: Connection, model: str, now: datetime) -> tuple[str, ...]:
    return find_unheard(connection, model, dag_of(model), since=now - LONGEST_SILENCE)


def _end_unseen(connection: Connection, model: str, run_id: str, problem: str, now: datetime) -> None:
    end = _make_end(connection, model, run_id, succeeded=False, now=now)
    if end is not None:  # how long it took is not known: the budget is not to be spent twice
        seconds = min(end.seconds, LONGEST_SILENCE.total_seconds())
        _end_broken(connection, model, replace(end, seconds=seconds), problem)


def _end_broken(connection: Connection, model: str, end: RunEnd, problem: str) -> None:
    answered = read_answered(connection, model, end.run_id)
    write_run_end(connection, model, end, reason=problem)
    again = ask_again(answered, model=model, run_id=end.run_id, now=end.ended)
    if again:
        write_trigger(connection, again)


def _is_known(connection: Connection, model: str, end: RunEnd) -> bool:
    earlier = find_run_end(connection, model, end.run_id)
    return earlier is not None and earlier.succeeded == end.succeeded
