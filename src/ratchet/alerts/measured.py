"""A signal as it is measured, before chance and earlier windows are taken into account, and its words."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from statistics import NormalDist

from ratchet.records.alerts import SignalKind
from ratchet.timeline import Moment, Window

ONE_SIDED = NormalDist().inv_cdf(0.95)  # what lower and upper bounds of figures are made with
# signals of columns: stability indices, corrected over columns already, to a significance of their own
OF_COLUMNS = ("drift.", "prediction", "label")
MOST_NAMED = 3
LARGE = 1_000
TENTH = 0.1


class Family(StrEnum):
    """Signals whose false alarms are counted together."""

    EVERYBODY = "everybody"  # the primary metric of all rows: it must not pay for every segment that is looked at
    PARTS = "parts"  # segments, other metrics, and rules
    NONE = "none"  # corrected already, or no matter of chance


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSignal:
    """What is known of one thing in one window.

    Attributes:
        name: what it is known by from window to window.
        kind: what it is about.
        segment: which part of the rows; None for all.
        value: the effect; None without data.
        p_value: how often chance alone gives as much; None when not known.
        family: whose wrong alarms it shares.
        yellow: effect from which it is yellow; None where it never is.
        red: effect from which it is red; None where it never is.
        text: what moved and by how much, in words; without data, why.
        must_be_shown: whether a large effect that may be chance is "unknown" rather than nothing.
        is_certain: whether chance has no part in it.
        window: the rows it is about, where these are not the window's.
    """

    name: str
    kind: SignalKind
    text: str
    segment: str | None = None
    value: float | None = None
    p_value: float | None = None
    family: Family = Family.NONE
    yellow: float | None = None
    red: float | None = None
    must_be_shown: bool = False
    is_certain: bool = False
    window: Window | None = None


def finite(value: float | None) -> float | None:
    """Return a number, or None for what is none."""
    return value if value is not None and math.isfinite(value) else None


def error_of(value: float | None, lower: float | None) -> float | None:
    """Return the standard error of a figure from its one-sided lower bound of 95 %."""
    known, bound = finite(value), finite(lower)
    if known is None or bound is None:
        return None
    return max(0.0, known - bound) / ONE_SIDED


def chance_of(value: float | None, error: float | None) -> float | None:
    """Return how often a figure that is 0 in truth comes out as high, by the normal distribution."""
    if value is None or error is None:
        return None
    if error == 0:
        return 0.0 if value > 0 else 1.0
    return 1 - NormalDist().cdf(value / error)


def unknown(what: str, problem: str | None, otherwise: str) -> str:
    """Say that something is not known, and why."""
    return f"{what} is not known: {problem or otherwise}"


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
