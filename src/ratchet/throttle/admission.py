"""Admit a run, or say when it will be."""

from dataclasses import replace
from datetime import datetime

from ratchet.config.throttle import Throttle
from ratchet.records.admission import Admission, Attempt, Trigger, TriggerKind
from ratchet.throttle.rules import RULES, Wait

PRIORITY = {kind: place for place, kind in enumerate(TriggerKind)}
ROUNDS = 1000  # each moves the moment on; a thousand blackouts back to back are a mistake in the YAML


def admit(
    throttle: Throttle, *, now: datetime, triggers: tuple[Trigger, ...], attempts: tuple[Attempt, ...]
) -> Admission:
    """Decide whether a run may train now; every pending trigger is answered by the run that starts.

    Args:
        throttle: the YAML's rules.
        now: the time, with its zone.
        triggers: what is pending for the model.
        attempts: what was admitted before.
    """
    waiting = tuple(sorted(triggers, key=lambda each: (PRIORITY[each.kind], each.at, each.key)))
    keys = tuple(each.key for each in waiting)
    if not waiting:
        return Admission(admitted=False, at=None, reasons=("nobody asked for a run",), triggers=(), kind=None)
    past = tuple(_not_in_the_future(attempt, now) for attempt in attempts)
    moment, waits = find_moment(throttle, past, now)
    overridden = bool(waits) and any(each.override for each in waiting)
    return Admission(
        admitted=overridden or not waits,
        at=now if overridden else moment,
        reasons=tuple(wait.reason for wait in waits),
        triggers=keys,
        kind=waiting[0].kind,
        overridden=overridden,
    )


def find_moment(throttle: Throttle, attempts: tuple[Attempt, ...], now: datetime) -> tuple[datetime, tuple[Wait, ...]]:
    """Return the earliest moment that every rule allows, and the rules that forbid this one."""
    first = _ask(throttle, attempts, now)
    moment, waits = now, first
    for _ in range(ROUNDS):
        if not waits:
            break
        moment = max(wait.until for wait in waits)
        waits = _ask(throttle, attempts, moment)
    return moment, first


def _ask(throttle: Throttle, attempts: tuple[Attempt, ...], moment: datetime) -> tuple[Wait, ...]:
    found = (rule(throttle, attempts, moment) for rule in RULES)
    return tuple(wait for wait in found if wait)


def _not_in_the_future(attempt: Attempt, now: datetime) -> Attempt:
    """A clock that was ahead must not keep a model from being retrained until it is caught up with."""
    return replace(attempt, started=min(attempt.started, now))
