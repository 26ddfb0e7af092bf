"""Admit a run, or say when it will be.

The rules are one function each: a moment and what was tried before in; out comes the earliest moment that the rule
allows, with its reason, or None when it allows this one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime, timedelta
from itertools import accumulate

from ratchet.config.throttle import Throttle
from ratchet.records.admission import Admission, Attempt, Trigger, TriggerKind

PRIORITY = {kind: place for place, kind in enumerate(TriggerKind)}
ROUNDS = 1000  # each moves the moment on; a thousand blackouts back to back leave no time at all
DAY = timedelta(days=1)
UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
Attempts = tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A rule that says "not yet".

    Attributes:
        until: the earliest moment that the rule allows.
        reason: one sentence.
    """

    until: datetime
    reason: str


Rule = Callable[[Throttle, Attempts, datetime], Wait | None]


def keep_interval(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the minimum interval since the last attempt."""
    last = max((attempt.started for attempt in leave_out_dry_runs(attempts)), default=None)
    return _wait_after(last, throttle.min_interval, moment, "since the last attempt")


def keep_interval_after_success(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the minimum interval since the last run that reached a verdict."""
    last = max((attempt.started for attempt in leave_out_dry_runs(attempts) if attempt.succeeded), default=None)
    return _wait_after(last, throttle.min_interval_after_success, moment, "since the last run with a verdict")


def keep_count(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the number of attempts in a window."""
    tried = (each.started for each in leave_out_dry_runs(attempts))
    recent = sorted(started for started in tried if _is_within(throttle.window, started, moment))
    if len(recent) < throttle.max_runs:
        return None
    until = recent[-throttle.max_runs] + throttle.window
    reason = f"{len(recent)} runs in {_in_words(throttle.window)}, at most {throttle.max_runs} may be"
    return Wait(until=until, reason=reason)


def pause_after_failures(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Wait longer after each broken run in a row."""
    ended = [each for each in leave_out_dry_runs(attempts) if each.succeeded is not None]
    failures = 0
    for attempt in reversed(ended):
        if attempt.succeeded:
            break
        failures += 1
    if not failures:
        return None
    last = ended[-1]
    since = last.started + timedelta(seconds=last.seconds)
    words = "a broken run" if failures == 1 else f"the last of {failures} broken runs in a row"
    return _wait_after(since, grow_pause(throttle, failures), moment, f"since {words}")


def grow_pause(throttle: Throttle, failures: int) -> timedelta:
    """Return the pause after so many broken runs in a row: doubled each time, up to the longest."""
    pause = throttle.pause_after_failure
    for _ in range(failures - 1):  # step by step: a power of two overflows what a duration can hold
        if not pause or pause >= throttle.longest_pause:
            break
        pause *= 2
    return min(pause, throttle.longest_pause)


def keep_blackouts(throttle: Throttle, _attempts: Attempts, moment: datetime) -> Wait | None:
    """Start nothing in a blackout."""
    ends = [end for blackout in throttle.blackouts if (end := blackout.end_of(moment))]
    if not ends:
        return None
    return Wait(until=max(ends), reason=f"a blackout lasts until {max(ends).isoformat()}")


def keep_budget(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the compute budget of the last 24 hours; dry runs spend of it as well."""
    if throttle.daily_seconds is None:
        return None
    recent = sorted((each for each in attempts if _is_within(DAY, each.started, moment)), key=lambda each: each.started)
    spent = sum(attempt.seconds for attempt in recent)
    reason = f"{spent:.0f} s of computing in 24 hours, the budget is {throttle.daily_seconds} s"
    for attempt in recent:
        if spent < throttle.daily_seconds:
            return None
        until, spent = attempt.started + DAY, spent - attempt.seconds
        if spent < throttle.daily_seconds:
            return Wait(until=until, reason=reason)
    return None


def leave_out_dry_runs(attempts: Attempts) -> Attempts:
    """Leave out runs that only looked: who tries a model out must not keep its schedule waiting."""
    return tuple(attempt for attempt in attempts if not attempt.dry_run)


RULES: tuple[Rule, ...] = (
    keep_interval,
    keep_interval_after_success,
    keep_count,
    pause_after_failures,
    keep_blackouts,
    keep_budget,
)


def _wait_after(since: datetime | None, interval: timedelta, moment: datetime, what: str) -> Wait | None:
    if since is None or not _is_within(interval, since, moment):
        return None
    gone = max(moment - since, timedelta())  # less than none when the clock went back
    return Wait(until=since + interval, reason=f"{_in_words(gone)} {what}, needs {_in_words(interval)}")


def _is_within(length: timedelta, since: datetime, moment: datetime) -> bool:
    """Return whether a moment is less than a length away from an earlier one.

    One that is further ahead than the length was stamped by a clock that was wrong: waiting until that clock would be
    caught up with could take years, so it counts as long ago.
    """
    return moment - length < since <= moment + length


def _in_words(length: timedelta) -> str:
    """Write a length in the two largest units that it has, such as "3 d 4 h": for people, not to be read back."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


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
