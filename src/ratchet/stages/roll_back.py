"""Roll back: give a model the champion that it had before."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from ratchet.errors import RegistryError
from ratchet.records.promotion import Promotion
from ratchet.registry import promotion as registry
from ratchet.registry.client import connect

logger = logging.getLogger(__name__)


def roll_back(home: Path, model: str, reason: str) -> Promotion:
    """Move the champion alias back one version, after checking that the version loads.

    Raises:
        RegistryError: no reason is given, there is nothing to go back to, or it can't be verified.
    """
    if not reason.strip():
        raise RegistryError(f"say why {model} is rolled back: the reason is kept with the move; nothing changed")
    done = registry.roll_back(home, connect(home), model, reason=reason, now=datetime.now(UTC))
    logger.info("%s: %s", model, done.reason)
    return done
