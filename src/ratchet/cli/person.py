"""Who is at the keyboard."""

import getpass
import os


def name_person() -> str:
    """Return the name of the account that runs this; its number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError up to Python 3.12
        return f"user {os.getuid()}"
