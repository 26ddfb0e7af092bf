"""Roll back: give a model the champion that it had before."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from ratchet.errors import RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.events import SOMEBODY, note_moves
from ratchet.ledger.journal import append_all
from ratchet.records.promotion import Promotion, RollbackRequest
from ratchet.registry import promotion as registry
from ratchet.registry.client import connect

logger = logging.getLogger(__name__)


def roll_back(home: Path, model: str, reason: str, actor: str = SOMEBODY, key: str | None = None) -> Promotion:
    """Move the champion alias back one version, after checking that the version loads, and write it in the ledger.

    Args:
        home: Ratchet's folder.
        model: whose champion.
        reason: why, in a person's words.
        actor: who asks.
        key: what a second try of the same rollback is known by; None where each one goes back once more.

    Raises:
        RegistryError: no reason is given, there is nothing to go back to, or it can't be verified.
    """
    if not reason.strip():
        raise RegistryError(f"say why {model} is rolled back: the reason is kept with the move; nothing changed")
    client, ledger = connect(home), open_ledger(home)  # a move that could not be written down is not made
    asked = RollbackRequest(reason=reason, actor=actor, at=datetime.now(UTC), key=key)
    done = registry.roll_back(home, client, model, asked)
    append_all(ledger, note_moves(model, registry.list_promotions(client, model)))
    logger.info("%s: %s", model, done.reason)
    return done
