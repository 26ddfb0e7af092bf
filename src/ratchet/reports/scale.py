"""A scale of a picture: from values to positions in percent of its width or height, and its round values."""

import math
from collections.abc import Collection
from dataclasses import dataclass

TICKS = 5  # about as many as stay apart on a telephone
PADDING = 0.06  # of the width, on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A value on the scale and its position in percent."""

    value: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From values to percent of a side; `is_turned` puts the largest first."""

    low: float
    high: float
    is_turned: bool = False

    def locate(self, value: float) -> float:
        """Return a value's position in percent."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * (1 - share if self.is_turned else share), 2)

    def place(self, value: float | None) -> float | None:
        """Return a value's position in percent; None for what was not measured."""
        return self.locate(value) if value is not None and math.isfinite(value) else None

    def list_ticks(self) -> tuple[Tick, ...]:
        """Return round values on it."""
        return tuple(Tick(value=value, at=self.locate(value)) for value in round_values(self.low, self.high))


def fit_scale(values: Collection[float], *, padding: float = PADDING, is_turned: bool = False) -> Scale:
    """Return a scale that holds all of some values, one at least, with a little room on both sides."""
    low, high = min(values), max(values)
    width = (high - low) or abs(high) or 1.0  # values that are all the same still get a scale
    return Scale(low=low - padding * width, high=high + padding * width, is_turned=is_turned)


def round_values(low: float, high: float) -> tuple[float, ...]:
    """Return values of the form 1, 2 or 5 times a power of ten that lie between two numbers."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    # A hair of tolerance: a tenth is not exact in binary, and a step must not be passed over for that.
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(round(number * step, 12) for number in range(first, last + 1))
