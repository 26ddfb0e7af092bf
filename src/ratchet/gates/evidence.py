"""What a gate asks of a gain before it believes it, and how it puts the gain into words."""

import math

from ratchet.records.judgement import Gain


def is_finite(*figures: float | None) -> bool:
    """Tell whether every figure is there and is a finite number."""
    return all(figure is not None and math.isfinite(figure) for figure in figures)


def is_above(figure: float | None, limit: float) -> bool:
    """Tell whether a figure is a finite number above the limit: no measurement, no pass."""
    return figure is not None and math.isfinite(figure) and figure > limit


def find_obstacle(gain: Gain, *, min_rows: int, min_positives: int) -> str | None:
    """Return why a gain can't be judged, one sentence; None when it can."""
    if gain.rows < min_rows:
        return f"{gain.rows:,} rows are too few to judge, needs {min_rows:,}"
    if gain.positives is not None and gain.positives < min_positives:
        return f"{gain.positives:,} rows of the rarest class are too few to judge, needs {min_positives:,}"
    if gain.problem is not None:
        return f"{gain.metric} gain can't be measured: {gain.problem}"
    if not is_finite(gain.estimate, gain.lower, gain.upper):
        return f"{gain.metric} gain can't be measured: its estimate or a bound is not a finite number"
    return None


def describe_gain(gain: Gain, limit: float) -> str:
    """Put a measured gain into words: estimate, bounds, the limit, and what so many rows could show at all."""
    figures = [gain.estimate or 0.0, gain.lower or 0.0, gain.upper or 0.0]
    decimals = count_decimals(max(map(abs, figures)))
    estimate, lower, upper = (f"{figure:+.{decimals}f}" for figure in figures)
    found = f"{gain.metric} gain {estimate} [{lower}, {upper}] at {100 * gain.confidence:g} %, needs > {limit:.4g}"
    if gain.detectable is None or not math.isfinite(gain.detectable):
        return found
    return f"{found}; smallest gain these {gain.rows:,} rows would show: {gain.detectable:.2g}"


def count_decimals(largest: float) -> int:
    """Return how many decimals show three digits of the largest figure: 4 for 0.0205, 1 for 12.3."""
    if not largest > 0:
        return 4
    return min(max(2 - math.floor(math.log10(largest)), 0), 8)
