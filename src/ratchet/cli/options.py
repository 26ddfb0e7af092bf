"""Options that several commands have."""

from typing import Annotated

from typer import Argument, Option

from ratchet.errors import ConfigError

AsJson = Annotated[bool, Option("--json", help="Print JSON on stdout and nothing else.")]
ModelName = Annotated[str, Argument(metavar="MODEL", help="A model's name, or its YAML file.", show_default=False)]


def read_reason(text: str) -> str:
    """Return the reason that a person gives, which is kept for good.

    Raises:
        ConfigError: it says nothing.
    """
    if not text.strip():
        raise ConfigError("--reason: is empty; say why in a few words: they are kept in the ledger")
    return text.strip()
