"""Effects, windows and moments in words."""

from datetime import UTC, datetime, time

from ratchet.timeline import Moment

MOST_NAMED = 3
LARGE = 1_000
TENTH = 0.1


def percent(share: float) -> str:
    """Write a share: 0.0512 as "5.1 %", 0.2 as "20 %"."""
    text = f"{100 * share:.1f}" if abs(share) < TENTH else f"{100 * share:.0f}"
    return f"{text.removesuffix('.0')} %"


def compare(loss: float, remark: str = "") -> str:
    """Say how a figure is beside its baseline: "5.4 % worse than", "as good as"; the remark follows a loss."""
    share = percent(abs(loss))
    if share == percent(0):
        return "as good as"
    return f"{share} worse{remark} than" if loss > 0 else f"{share} better than"


def index(value: float | None) -> str:
    """Write a stability index: its limits are 0.1 and 0.25, so digits beyond the third say nothing."""
    return number(None if value is None else round(value, 3))


def number(value: float | None) -> str:
    """Write a figure with four digits, or all those before the point."""
    if value is None:
        return "unknown"
    return f"{value:.4g}" if abs(value) < LARGE else f"{value:,.0f}"


def moment(value: Moment) -> str:
    """Write a time in UTC, midnight as a day; a row by its number."""
    if not isinstance(value, datetime):
        return f"row {value:,}"
    known = value.astimezone(UTC)
    return known.strftime("%Y-%m-%d" if known.time() == time.min else "%Y-%m-%d %H:%M UTC")


def some(texts: list[str]) -> str:
    """Join the first few texts and count the others."""
    rest = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
