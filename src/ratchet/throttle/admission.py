"""Admit a run, or say when it will be."""

from dataclasses import replace
from datetime import MAXYEAR, datetime
from itertools import accumulate

from ratchet.config.throttle import Throttle
from ratchet.records.admission import Admission, Attempt, Trigger, TriggerKind
from ratchet.throttle.rules import RULES, Attempts, Wait

PRIORITY = {kind: place for place, kind in enumerate(TriggerKind)}
ROUNDS = 1000  # each moves the moment on; a thousand blackouts back to back leave no time at all


def admit(
    throttle: Throttle, *, now: datetime, triggers: tuple[Trigger, ...], attempts: tuple[Attempt, ...]
) -> Admission:
    """Decide whether a run may train now; every pending trigger is answered by the run that starts.

    Args:
        throttle: the YAML's rules.
        now: the time, with its zone.
        triggers: what is pending for the model.
        attempts: what was admitted before, in the order in which it was.
    """
    waiting = rank(triggers)
    if not waiting:
        return Admission(admitted=False, at=None, reasons=("nobody asked for a run",), triggers=(), kind=None)
    moment, waits = find_moment(throttle, straighten(attempts), now)
    overridden = bool(waits) and any(may_override(each) for each in waiting)
    return Admission(
        admitted=overridden or not waits,
        at=now if overridden else moment,
        reasons=tuple(wait.reason for wait in waits),
        triggers=tuple(each.key for each in waiting),
        kind=waiting[0].kind,
        overridden=overridden,
    )


def rank(triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    """Return triggers in the order of their urgency, the oldest of a kind first."""
    return tuple(sorted(triggers, key=lambda each: (PRIORITY[each.kind], each.at, each.key)))


def may_override(trigger: Trigger) -> bool:
    """Return whether a trigger overrules the throttle: people may, alerting systems can't."""
    return trigger.override and trigger.kind is TriggerKind.PERSON


def straighten(attempts: Attempts) -> Attempts:
    """Date no attempt later than one that was admitted after it: the clock was ahead, and went back since."""
    latest_first = accumulate(
        reversed(attempts), lambda later, each: replace(each, started=min(each.started, later.started))
    )
    return tuple(latest_first)[::-1]


def find_moment(throttle: Throttle, attempts: Attempts, now: datetime) -> tuple[datetime | None, tuple[Wait, ...]]:
    """Return the earliest moment that every rule allows, None if there is none, and the rules that forbid this one."""
    first = waits = _ask(throttle, attempts, now)
    moment = now
    for _ in range(ROUNDS):
        if not waits:
            return moment, first
        moment = max(wait.until for wait in waits)
        if moment.year == MAXYEAR:  # a blackout for ever; there is no day to look at after it
            break
        waits = _ask(throttle, attempts, moment)
    return None, first


def _ask(throttle: Throttle, attempts: Attempts, moment: datetime) -> tuple[Wait, ...]:
    found = (rule(throttle, attempts, moment) for rule in RULES)
    return tuple(wait for wait in found if wait)
