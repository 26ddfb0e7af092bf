"""What `--as-of` and the trigger form may say: a time, or a number of rows."""

from collections.abc import Callable
from datetime import UTC, datetime

from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError
from ratchet.timeline import Moment


def read_as_of(text: str | None, config: ModelConfig, now: datetime) -> Moment | None:
    """Read an as-of time (ISO 8601, UTC unless it says otherwise) or, without a clock, a number of rows.

    Raises:
        ConfigError: it is neither, not the kind that this model's data has, or has not come yet.
    """
    if not text:
        return None
    read, wanted = _BY_CLOCK if config.data.has_clock else _BY_ROWS
    try:
        as_of = read(text)
    except ValueError as error:
        raise ConfigError(f"as of: '{text}' is not {wanted}, which is what {config.model} needs") from error
    if isinstance(as_of, datetime) and as_of > now:  # what is not known yet would count as known
        raise ConfigError(f"as of: '{text}' has not come yet; it is {now:%Y-%m-%dT%H:%MZ}")
    return as_of


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(text: str) -> int:
    rows = int(text)
    if rows < 1:
        raise ValueError(f"{rows} rows are none")
    return rows


Reader = Callable[[str], Moment]
_BY_CLOCK: tuple[Reader, str] = (_read_moment, "a time such as 2026-01-31T00:00:00Z")
_BY_ROWS: tuple[Reader, str] = (_count, "a number of rows")
