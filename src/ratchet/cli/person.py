"""Who is at the keyboard, and why."""

import getpass
import os

from ratchet.errors import ConfigError


def name_person() -> str:
    """Return the name of the account that runs this; its number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError up to Python 3.12
        return f"user {os.getuid()}"


def read_reason(text: str) -> str:
    """Return the reason that a person gives, which is kept for good.

    Raises:
        ConfigError: it says nothing.
    """
    if not text.strip():
        raise ConfigError("--reason: is empty; say why in a few words: they are kept in the ledger")
    return text.strip()
