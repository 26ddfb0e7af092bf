"""What becomes of triggers when a run starts and when it ends, and how a run ends that reports nothing itself."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from ratchet.config.run import Run
from ratchet.ledger.admissions import (
    find_admission,
    find_start,
    find_unfinished,
    find_unheard,
    read_answered,
    settle,
)
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.runs import find_run_end, write_run_end
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import (
    OWN_REQUEST,
    Admission,
    Applicant,
    Fate,
    Settlement,
    Trigger,
    TriggerKind,
    dag_of,
)
from ratchet.records.ledger import RunEnd

# What an alert says is about the model in use, which the run under way is about to judge; a person, new data and the
# baseline ask for a run that has not begun yet.
ANSWERED_UNDER_WAY = frozenset({TriggerKind.PERFORMANCE, TriggerKind.DRIFT, TriggerKind.EXTERNAL})
ASKED_AGAIN = frozenset({*ANSWERED_UNDER_WAY, TriggerKind.DATA})  # a person sees what broke, the baseline comes again
PUNCTUAL = timedelta(minutes=15)  # what a scheduler may take from a tick to the run
DECIDED_WITHIN = timedelta(minutes=1)  # that a run's own request is written until the run is decided about
LONG_AGO = timedelta(days=1)  # a run that waited in a queue is still about today; one as of last year is not
# A run from a shell reports itself how it ended, unless it was killed. A day is also what a budget looks back on.
LONGEST_SILENCE = timedelta(days=1)


def is_being_decided(trigger: Trigger, now: datetime) -> bool:
    """Return whether a run has just asked for itself: it is about to be answered, with all else that waits."""
    return trigger.key.startswith(OWN_REQUEST) and abs(now - trigger.at) < DECIDED_WITHIN


def settle_admitted(admission: Admission, run_id: str) -> tuple[Settlement, ...]:
    """Return the fate of every trigger that an admitted run answers: the most urgent one is why it runs."""
    if not admission.admitted:
        return ()
    first, *others = admission.triggers
    reason = "overrules the throttle" if admission.overridden else "the run starts for it"
    together = f"answered by the run that starts for '{first}'"
    return (
        Settlement(trigger=first, fate=Fate.CONSUMED, run_id=run_id, reason=reason),
        *(Settlement(trigger=key, fate=Fate.COALESCED, run_id=run_id, reason=together) for key in others),
    )


def settle_ended(pending: tuple[Trigger, ...], run_id: str) -> tuple[Settlement, ...]:
    """Return the fate of the alerts that were raised while a run was under way that has now reached a verdict."""
    reason = "raised while the run was under way, which has reached a verdict since"
    return tuple(
        Settlement(trigger=each.key, fate=Fate.SUPPRESSED, run_id=run_id, reason=reason)
        for each in pending
        if each.kind in ANSWERED_UNDER_WAY
    )


def ask_again(answered: tuple[Trigger, ...], *, model: str, run_id: str, now: datetime) -> Trigger | None:
    """Return the trigger that repeats what a broken run was to answer; None where somebody asks again anyway."""
    unanswered = [each.kind for each in answered if each.kind in ASKED_AGAIN]
    if not unanswered:
        return None
    return Trigger(
        key=f"again:{run_id}",
        kind=min(unanswered, key=tuple(TriggerKind).index),
        model=model,
        at=now,
        actor=dag_of(model),
        reason=f"run {run_id} broke before it reached a verdict, so what it was to answer is asked again",
    )


def count_from(now: datetime, answered: tuple[Trigger, ...]) -> datetime:
    """Return what intervals count from: a baseline run's tick when it is punctual, else its admission.

    Counted from their admissions, weekly runs would each come some seconds too early for an interval of a week.
    """
    ticks = [each.at for each in answered if each.kind is TriggerKind.SCHEDULE and now - PUNCTUAL <= each.at <= now]
    return max(ticks, default=now)


def answers(run: Run, trigger: Trigger, now: datetime) -> bool:
    """Return whether a run answers a request that did not come with it: not when it trains nothing, or looks back.

    A run that is cleared a month later looks back as well: it reads the rows that it read before.
    """
    if run.dry_run or run.adoption or isinstance(run.as_of, int):
        return False
    known = run.as_of or run.started
    return known >= now - LONG_AGO or trigger.at <= known


def find_answered(connection: Connection, run: Run, own: Collection[str]) -> tuple[Trigger, ...]:
    """Return the pending triggers that a run would answer: those that came with it, and whatever else it may take."""
    pending = read_pending(connection, run.model)
    return tuple(each for each in pending if each.key in own or _may_take(connection, run, each))


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
    """Return whether a run from a shell was silent for a day, as when it was killed."""
    return bool(_find_unheard(connection, model, now))


def end_unheard(where: Engine | Connection, model: str, now: datetime) -> None:
    """Write down that runs from a shell broke of which nothing was heard for a day; what they took is asked again.

    Args:
        where: the ledger, or a connection of a block of `writing`.
        model: whose runs.
        now: the time, with its zone.
    """
    if isinstance(where, Engine):
        with writing(where) as connection:
            end_unheard(connection, model, now)
        return
    for run_id in _find_unheard(where, model, now):
        _end_unseen(where, model, run_id, "nothing was heard of it for a day", now)


def end_lost(connection: Connection, applicant: Applicant) -> None:
    """Write down that earlier runs of an actor broke whose end nobody saw, as another of its runs begins."""
    for run_id in find_unfinished(connection, applicant.model, applicant.actor):
        problem = "nobody saw its end, and another run of the DAG began"
        _end_unseen(connection, applicant.model, run_id, problem, applicant.at)


def _may_take(connection: Connection, run: Run, trigger: Trigger) -> bool:
    """Return whether a run answers another's request: not what a run has asked for itself and goes on to decide."""
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


def _end_unseen(connection: Connection, model: str, run_id: str, problem: str, now: datetime) -> None:
    end = _make_end(connection, model, run_id, succeeded=False, now=now)
    if end is not None:  # how long it took is not known: the budget is not to be spent twice
        seconds = min(end.seconds, LONGEST_SILENCE.total_seconds())
        _end_broken(connection, model, replace(end, seconds=seconds), problem)


def _find_unheard(connection: Connection, model: str, now: datetime) -> tuple[str, ...]:
    return find_unheard(connection, model, dag_of(model), since=now - LONGEST_SILENCE)


def _end_broken(connection: Connection, model: str, end: RunEnd, problem: str) -> None:
    answered = read_answered(connection, model, end.run_id)
    write_run_end(connection, model, end, reason=problem)
    again = ask_again(answered, model=model, run_id=end.run_id, now=end.ended)
    if again:
        write_trigger(connection, again)


def _is_known(connection: Connection, model: str, end: RunEnd) -> bool:
    earlier = find_run_end(connection, model, end.run_id)
    return earlier is not None and earlier.succeeded == end.succeeded
