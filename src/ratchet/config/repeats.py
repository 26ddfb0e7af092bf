"""Names that must be there once."""

from collections.abc import Sequence


def find_repeats(what: str, names: Sequence[str]) -> str | None:
    """Return in a sentence that some names are there twice, None when each is there once."""
    return f"{what} repeat: {', '.join(names)}" if len(set(names)) < len(names) else None
