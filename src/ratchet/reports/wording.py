"""Numbers, times and sizes as a person reads them."""

import math
import re
from datetime import UTC, datetime

from ratchet.metrics.registry import find_metric
from ratchet.records.holdout import Level
from ratchet.records.judgement import Gain
from ratchet.timeline import Moment

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
FEWEST_DIGITS = 1e-3  # below this, four decimals would hide the figure
DECIMALS = ((10, 4), (1000, 2))  # below the first number, so many decimals
SHORT_DIGEST = 12
SMALLEST_CHANCE = 1e-4
# Control characters, and those that turn the direction of writing: a value may not hide or rearrange its page.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
SIZES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def figure(value: float | None) -> str:
    """Write a metric's figure, as precise as its size deserves."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if 0 < abs(value) < FEWEST_DIGITS:
        return f"{value:.2g}".replace("-", MINUS)
    decimals = next((each for limit, each in DECIMALS if abs(value) < limit), 0)
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def money(value: float) -> str:
    """Write a cost: the larger it is, the fewer decimals it needs."""
    return f"{value:,.0f}".replace("-", MINUS) if not value or abs(value) >= 100 else figure(value)


def signed(value: float | None) -> str:
    """Write a gain with its sign."""
    text = figure(value)
    return f"+{text}" if value is not None and text != NOTHING and value > 0 else text


def step(value: float) -> str:
    """Write a round value of a scale, without needless zeros."""
    return f"{value:+g}".replace("-", MINUS) if value else "0"


def number(value: float) -> str:
    """Write a round value of a scale that begins anywhere: no sign but a minus, no needless zeros."""
    return f"{value:,.10g}".replace("-", MINUS)


def interval(lower: float | None, upper: float | None) -> str:
    """Write both bounds of a gain, or a dash when nothing was measured."""
    if lower is None and upper is None:
        return NOTHING
    return f"[{signed(lower)}, {signed(upper)}]"


def gain_interval(gain: Gain) -> str:
    """Write the bounds of a gain, no further than a gain in its metric can be; what decided had the whole ones."""
    if gain.lower is None or gain.upper is None:
        return interval(gain.lower, gain.upper)
    return interval(*find_metric(gain.metric).clip_gain(gain.lower, gain.upper))


def level_interval(level: Level) -> str:
    """Write the bounds of a figure, no further than its metric can be."""
    if level.lower is None or level.upper is None:
        return NOTHING
    lower, upper = find_metric(level.metric).clip_figure(level.lower, level.upper)
    return f"[{figure(lower)}, {figure(upper)}]"


def count(value: int | None) -> str:
    """Write a number of things."""
    return NOTHING if value is None else f"{value:,}"


def percent(share: float) -> str:
    """Write a share without needless decimals: 0.99 as "99 %", 0.025 as "2.5 %"."""
    return f"{100 * share:.4g}\N{NO-BREAK SPACE}%"


def moment(value: datetime | None) -> str:
    """Write a time in UTC; midnight is written as a day."""
    if value is None:
        return NOTHING
    value = value.astimezone(UTC)
    return value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M UTC")


def as_of(value: Moment | None) -> str:
    """Write up to where a run looked at its data."""
    if value is None:
        return "all data"
    return moment(value) if isinstance(value, datetime) else f"first {count(value)} rows"


def when(value: Moment | None) -> str:
    """Write a moment: a time, or a row's number where there is no clock."""
    return f"row {count(value)}" if isinstance(value, int) else moment(value)


def span(start: Moment, end: Moment) -> str:
    """Write a window from its first moment to its end, which is no part of it."""
    if isinstance(start, int) and isinstance(end, int):
        return f"rows {count(start)} to {count(end)}"
    return f"{when(start)} to {when(end)}"


def chance(value: float | None) -> str:
    """Write a p-value; below what is worth telling apart only that it is below."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"< {SMALLEST_CHANCE:g}" if value < SMALLEST_CHANCE else f"{value:.2g}"


def index(value: float | None) -> str:
    """Write a stability index."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.2f}"


def change(loss: float | None) -> str:
    """Write a loss as people say it: "3.2 % worse", "1 % better"."""
    if loss is None or not math.isfinite(loss):
        return NOTHING
    rounded = round(abs(loss), 3)
    return f"{percent(rounded)} {'worse' if loss > 0 else 'better'}" if rounded else "no change"


def seconds(value: float) -> str:
    """Write a wall time."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(value: int) -> str:
    """Write a number of bytes."""
    return next((f"{value / unit:.1f} {name}" for name, unit in SIZES if value >= unit), f"{value} bytes")


def short(digest: str) -> str:
    """Write the beginning of a digest, enough to compare by eye."""
    return digest if len(digest) <= SHORT_DIGEST else digest[:SHORT_DIGEST] + "…"


def plural(number: int, word: str) -> str:
    """Write a number with its noun: "1 row", "2 rows"."""
    return f"{count(number)} {word}" + ("" if number == 1 else "s")


def printable(text: str) -> str:
    """Put a visible sign in the place of each character that could hide or turn others, or steer a terminal."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def sentence(text: str) -> str:
    """End text with one full stop."""
    return text.rstrip(" .") + "."
