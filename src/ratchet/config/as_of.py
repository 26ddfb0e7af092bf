"""What `--as-of` and the trigger form may say: a time, or a number of rows."""

from datetime import UTC, datetime

from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError


def read_as_of(text: str | None, config: ModelConfig) -> datetime | int | None:
    """Read an as-of time (ISO 8601, UTC unless it says otherwise) or, without a clock, a number of rows.

    Raises:
        ConfigError: it is neither, or not the kind that this model's data has.
    """
    if not text:
        return None
    try:
        if not config.data.has_clock:
            return _count(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        wanted = "a time such as 2026-01-31T00:00:00Z" if config.data.has_clock else "a number of rows"
        raise ConfigError(f"as of: '{text}' is not {wanted}, which is what {config.model} needs") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(text: str) -> int:
    rows = int(text)
    if rows < 1:
        raise ValueError(f"{rows} rows are none")
    return rows
