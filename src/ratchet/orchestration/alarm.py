"""When to wake a model's retraining: a request in the ledger is due, and nobody was woken for it yet."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ratchet.config.load import load_model
from ratchet.config.settings import Settings
from ratchet.ledger.database import open_ledger
from ratchet.ledger.settling import end_unheard, is_being_decided, is_unheard
from ratchet.ledger.triggers import read_pending
from ratchet.stages.admit import foresee

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

PATIENCE = timedelta(minutes=5)  # then whatever is still due is woken for again: asset events can get lost
# One event is enough for a storm, as the run answers all that waits by then; several in a row make SQLite stall.
PAUSE = timedelta(seconds=30)


class Alarm:
    """Looks at the ledger for one model, and remembers what it woke for."""

    def __init__(self, settings: Settings, model: str) -> None:
        self._home = settings.home
        self._file = settings.models / f"{model}.yaml"
        self._model = model
        self._ledger: Engine | None = None
        self._woken: tuple[tuple[str, ...], datetime] | None = None

    def look(self, now: datetime) -> tuple[str, ...]:
        """Return the keys of the requests that a run should be started for now; none when nothing is due, or new.

        What a killed run took is asked again, and is due at the next look.

        Raises:
            ConfigError: the model's YAML is wrong just now.
        """
        ledger = self._open()
        with ledger.connect() as connection:
            is_broken = is_unheard(connection, self._model, now)
            due = self._find_due(connection, now)
        if is_broken:
            end_unheard(ledger, self._model, now)
        if not due or self._is_woken_for(due, now):
            return ()
        self._woken = (due, now)
        return due

    def _find_due(self, connection: "Connection", now: datetime) -> tuple[str, ...]:
        pending = read_pending(connection, self._model)
        if not pending or any(is_being_decided(each, now) for each in pending):
            return ()
        outlook = foresee(connection, load_model(self._file), now)
        return outlook.triggers if outlook.admitted else ()

    def _open(self) -> "Engine":
        self._ledger = self._ledger or open_ledger(self._home)
        return self._ledger

    def _is_woken_for(self, keys: tuple[str, ...], now: datetime) -> bool:
        if self._woken is None:
            return False
        known, at = self._woken
        return abs(now - at) < (PATIENCE if keys == known else PAUSE)
