"""Where the marks of a forest plot go: gains with their bounds on one scale, in percent of its width."""

import math
from dataclasses import dataclass

from ratchet.config.judging import Gates
from ratchet.records.judgement import Gain

OVERALL = "overall"
TICKS = 5  # about as many as stay apart on a telephone
PADDING = 0.06  # of the width, on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One row of the plot.

    Attributes:
        gain: what it shows.
        limit: what the gain's lower bound must stay above.
        at: position of the estimate in percent; None when nothing was measured.
        left: position of the lower bound.
        right: position of the upper bound.
        limit_at: position of the limit.
        is_past: whether the lower bound is above the limit.
    """

    gain: Gain
    limit: float | None
    at: float | None
    left: float | None
    right: float | None
    limit_at: float | None
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A value on the scale and its position in percent."""

    value: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A forest plot: one mark a gain, the scale below, and where zero is."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    zero_at: float


def place_gains(gains: tuple[Gain, ...], gates: Gates) -> Forest | None:
    """Lay gains out on one scale that holds every bound, every limit and zero; None when nothing was measured."""
    limits = [limit_of(gain, gates) for gain in gains]
    bounds = _bounds_of(gains)
    if not bounds:
        return None
    # Zero and the limits are always on the scale: a gain means something only beside them.
    shown = [value for value in (0.0, *bounds, *limits) if value is not None]
    low, high = _padded(min(shown), max(shown))
    marks = tuple(_mark(gain, limit, low, high) for gain, limit in zip(gains, limits, strict=True))
    return Forest(marks=marks, ticks=_ticks(low, high), zero_at=_position(0.0, low, high))


def _bounds_of(gains: tuple[Gain, ...]) -> list[float | None]:
    return [value for gain in gains for value in (gain.estimate, gain.lower, gain.upper) if _is_number(value)]


def _ticks(low: float, high: float) -> tuple[Tick, ...]:
    return tuple(Tick(value=value, at=_position(value, low, high)) for value in round_values(low, high))


def limit_of(gain: Gain, gates: Gates) -> float | None:
    """Return what a gain's lower bound must stay above, as the gates are configured."""
    if gain.opponent == "baseline":
        return gates.beats_baseline.min_gain
    if gain.slice == OVERALL:
        champion = gates.beats_champion
        return -champion.margin if champion.stale else champion.min_gain
    if gain.opponent_value is None:
        return None
    return -gates.no_slice_worse.tolerance * abs(gain.opponent_value)


def round_values(low: float, high: float) -> tuple[float, ...]:
    """Return values of the form 1, 2 or 5 times a power of ten that lie between two numbers."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    # A hair of tolerance: a tenth is not exact in binary, and a step must not be passed over for that.
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(round(number * step, 12) for number in range(first, last + 1))


def _mark(gain: Gain, limit: float | None, low: float, high: float) -> Mark:
    def place(value: float | None) -> float | None:
        return _position(value, low, high) if value is not None and _is_number(value) else None

    return Mark(
        gain=gain,
        limit=limit,
        at=place(gain.estimate),
        left=place(gain.lower),
        right=place(gain.upper),
        limit_at=place(limit),
        is_past=limit is not None and gain.lower is not None and gain.lower > limit,
    )


def _padded(low: float, high: float) -> tuple[float, float]:
    width = (high - low) or 1.0  # a single gain of exactly zero still gets a scale
    return low - PADDING * width, high + PADDING * width


def _position(value: float, low: float, high: float) -> float:
    return round(100 * (value - low) / (high - low), 2)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
