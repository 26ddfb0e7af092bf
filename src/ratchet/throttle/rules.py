"""The rules of the throttle, one function each: a moment and what was tried before in, how long to wait out.

A rule returns the earliest moment that it allows, with its reason, or None when it allows this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ratchet.config.base import format_duration
from ratchet.config.throttle import Throttle
from ratchet.records.admission import Attempt

DAY = timedelta(days=1)
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
    last = max((attempt.started for attempt in attempts), default=None)
    return _wait_after(last, throttle.min_interval, moment, "since the last attempt")


def keep_interval_after_success(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the minimum interval since the last run that reached a verdict."""
    last = max((attempt.started for attempt in attempts if attempt.succeeded), default=None)
    return _wait_after(last, throttle.min_interval_after_success, moment, "since the last run with a verdict")


def keep_count(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the number of attempts in a window."""
    recent = sorted(attempt.started for attempt in attempts if attempt.started > moment - throttle.window)
    if len(recent) < throttle.max_runs:
        return None
    until = recent[-throttle.max_runs] + throttle.window
    window = format_duration(throttle.window)
    return Wait(until=until, reason=f"{len(recent)} runs in {window}, at most {throttle.max_runs} may be")


def pause_after_failures(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Wait longer after each broken run in a row."""
    ended = sorted((each for each in attempts if each.succeeded is not None), key=lambda each: each.started)
    failures = 0
    for attempt in reversed(ended):
        if attempt.succeeded:
            break
        failures += 1
    if not failures:
        return None
    doubled = throttle.pause_after_failure * 2 ** min(failures - 1, 32)
    pause = min(doubled, throttle.longest_pause)
    last = ended[-1]
    since = last.started + timedelta(seconds=last.seconds)
    return _wait_after(since, pause, moment, f"after {failures} broken {'run' if failures == 1 else 'runs in a row'}")


def keep_blackouts(throttle: Throttle, _attempts: Attempts, moment: datetime) -> Wait | None:
    """Start nothing in a blackout."""
    ends = [end for blackout in throttle.blackouts if (end := blackout.end_of(moment))]
    if not ends:
        return None
    return Wait(until=max(ends), reason=f"a blackout lasts until {max(ends).isoformat()}")


def keep_budget(throttle: Throttle, attempts: Attempts, moment: datetime) -> Wait | None:
    """Keep the compute budget of the last 24 hours."""
    if throttle.daily_seconds is None:
        return None
    recent = sorted((each for each in attempts if each.started > moment - DAY), key=lambda each: each.started)
    spent = sum(attempt.seconds for attempt in recent)
    reason = f"{spent:.0f} s of computing in 24 hours, the budget is {throttle.daily_seconds} s"
    for attempt in recent:
        if spent < throttle.daily_seconds:
            return None
        until, spent = attempt.started + DAY, spent - attempt.seconds
        if spent < throttle.daily_seconds:
            return Wait(until=until, reason=reason)
    return None


RULES: tuple[Rule, ...] = (
    keep_interval,
    keep_interval_after_success,
    keep_count,
    pause_after_failures,
    keep_blackouts,
    keep_budget,
)


def _wait_after(since: datetime | None, interval: timedelta, moment: datetime, what: str) -> Wait | None:
    if since is None or moment >= since + interval:
        return None
    gone = format_duration(timedelta(seconds=int((moment - since).total_seconds())))
    return Wait(until=since + interval, reason=f"{gone} {what}, needs {format_duration(interval)}")
