"""Many requests at the same time: a commit costs as much for one as for a hundred."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ratchet.errors import LedgerError, RatchetError
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.triggers import write_trigger
from ratchet.records.admission import Trigger

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 100  # deliveries a transaction: others want to write as well
Request = tuple[Trigger, str]  # with what came with it, as JSON text


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    requests: tuple[Request, ...]
    written: "asyncio.Future[int]"


class TriggerWriter:
    """Writes triggers for callers on one event loop, without ever blocking it.

    While one transaction is under way the next callers queue, and are written together in the next one.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._engine: Engine | None = None
        self._waiting: list[_Delivery] = []
        self._under_way: asyncio.Task[None] | None = None

    async def write(self, requests: Sequence[Request]) -> int:
        """Write requests, all or none of them, and return how many are new.

        Raises:
            LedgerError: the database can't be written now: nothing is, and the same may be delivered again.
        """
        delivery = _Delivery(tuple(requests), asyncio.get_running_loop().create_future())
        self._waiting.append(delivery)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._write_waiting())
        # A caller that goes away takes nothing with it: others may be in the same transaction.
        return await asyncio.shield(delivery.written)

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            writing_them = asyncio.ensure_future(asyncio.to_thread(self._write_all, batch))
            await asyncio.wait([writing_them])
            error = writing_them.exception()
            for place, delivery in enumerate(batch):
                if error:
                    delivery.written.set_exception(error)
                else:
                    delivery.written.set_result(writing_them.result()[place])
        self._under_way = None

    def _write_all(self, batch: Sequence[_Delivery]) -> list[int]:
        try:
            self._engine = self._engine or open_ledger(self._home)
            with writing(self._engine) as connection:
                return [
                    sum(write_trigger(connection, trigger, payload) for trigger, payload in delivery.requests)
                    for delivery in batch
                ]
        except (sa.exc.SQLAlchemyError, OSError, RatchetError) as error:
            logger.exception("triggers could not be written")
            raise LedgerError("the ledger can't be written now: deliver again later") from error
