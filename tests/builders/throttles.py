"""Builders of what the throttle decides about."""

from datetime import UTC, datetime, timedelta

from ratchet.config.throttle import Throttle
from ratchet.records.admission import Attempt, Trigger, TriggerKind

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
# Every rule off: a test turns on the one that it is about.
FREE = {
    "min_interval": "0s",
    "min_interval_after_success": "0s",
    "max_runs": 1000,
    "pause_after_failure": "0s",
}


def make_throttle(**rules: object) -> Throttle:
    """A throttle with these rules only."""
    return Throttle.model_validate(FREE | rules)


def make_trigger(kind: TriggerKind = TriggerKind.DRIFT, key: str = "", **changes: object) -> Trigger:
    """A request, an hour old, known by its kind."""
    facts = {"model": "sales", "at": NOW - timedelta(hours=1), "actor": "test", "reason": "because"}
    return Trigger(**{"key": key or kind.value, "kind": kind, **facts, **changes})


def make_attempt(ago: timedelta, *, now: datetime = NOW, **facts: object) -> Attempt:
    """A run of a minute that was admitted so long ago and reached a verdict."""
    return Attempt(**{"run_id": f"run-{ago}", "started": now - ago, "seconds": 60, "succeeded": True, **facts})
