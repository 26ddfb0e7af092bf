"""What starts a retraining: the baseline's times, asset events, and a watch over the ledger for requests that are due.

Asset events may be merged or lost, so they only wake: the ledger is the memory, and whatever waits in it is looked at
again and again by the triggerer. That costs a few queries, and neither a task nor a DAG run until something is due.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    AssetWatcher,
    CronTriggerTimetable,
)
from airflow.sdk.definitions.timetables.simple import OnceTimetable
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from ratchet.config.model import ModelConfig
from ratchet.config.settings import read_settings
from ratchet.errors import RatchetError
from ratchet.orchestration.declaring import drift_asset

if TYPE_CHECKING:
    from ratchet.orchestration.alarm import Alarm

logger = logging.getLogger(__name__)

WAKE_SECONDS = 10.0
LONGEST_SECONDS = 86_400


def schedule_of(config: ModelConfig) -> Any:
    """Return when a model is retrained: at its baseline's times, and when an asset event or the ledger asks for it."""
    events = drift_asset(config.model) | due_asset(config.model)
    cron = config.schedule.cron
    if cron is None:
        return events
    timetable = OnceTimetable() if cron == "@once" else CronTriggerTimetable(cron, timezone=config.schedule.zone)
    return AssetOrTimeSchedule(timetable=timetable, assets=events)


def due_asset(model: str) -> Asset:
    """Return what the watch over the ledger touches when a request of a model is due."""
    name = f"ratchet/{model}/due"
    return Asset(name=name, uri=name, watchers=[AssetWatcher(name=name, trigger=LedgerWatch(model))])


class LedgerWatch(BaseEventTrigger):
    """Looks into the ledger every few seconds, and wakes the retraining when a waiting request may run.

    It runs in the triggerer for as long as the DAG is not paused.
    """

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how another process makes the same watch."""
        return (f"{LedgerWatch.__module__}.{LedgerWatch.__qualname__}", {"model": self.model})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event each time that a run should be started."""
        from ratchet.orchestration.alarm import Alarm

        alarm, seconds = Alarm(read_settings(), self.model), read_wake_seconds()
        while True:
            if due := await asyncio.to_thread(look, alarm):
                yield TriggerEvent({"requests": len(due), "first": due[0]})
            await asyncio.sleep(seconds)


def read_wake_seconds() -> float:
    """Read `RATCHET_WAKE_SECONDS`, the time between two looks; the default where it is no positive number."""
    text = os.environ.get("RATCHET_WAKE_SECONDS") or str(WAKE_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0 < seconds <= LONGEST_SECONDS:
        return seconds
    logger.warning("RATCHET_WAKE_SECONDS is '%s', no number of seconds up to a day; %s is used", text, WAKE_SECONDS)
    return WAKE_SECONDS


def look(alarm: "Alarm") -> tuple[str, ...]:
    """Return the requests to wake for; none when that can't be told now: a watch that raises would end for good."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return alarm.look(datetime.now(UTC))
    except (RatchetError, SQLAlchemyError, OSError) as error:
        logger.warning("the ledger or the YAML can't be read, the next look may: %s", error)
        return ()
