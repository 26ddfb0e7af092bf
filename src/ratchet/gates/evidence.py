"""What a gate asks of a gain before it believes it, and how it puts the gain into words."""

import math
from typing import Protocol, TypeGuard

from ratchet.config.performance import clip_gain
from ratchet.records.judgement import Gain

REMEDY = "; deliver more of it, or name it in `evaluation.rare_classes` so that no gain waits for it"


def is_finite(*figures: float | None) -> bool:
    """Tell whether every figure is there and is a finite number."""
    return all(map(is_number, figures))


def is_number(figure: float | None) -> TypeGuard[float]:
    """Tell whether a figure is there and is a finite number."""
    return figure is not None and math.isfinite(figure)


def is_above(figure: float | None, limit: float) -> bool:
    """Tell whether a figure is a finite number above the limit: no measurement, no pass."""
    return is_number(figure) and figure > limit


class Needs(Protocol):
    """How many rows a gate needs to judge."""

    @property
    def min_rows(self) -> int:
        """Fewest rows."""

    @property
    def min_positives(self) -> int:
        """Fewest rows of the rarest class."""


def find_shortage(
    needs: Needs, rows: int, positives: int | None, *, subject: str = "", rarest: str | None = None
) -> str | None:
    """Return which rows are too few to judge, one sentence; None when there are enough. No classes: no positives."""
    if rows < needs.min_rows:
        return f"{rows:,} rows are too few to judge{subject}, needs {needs.min_rows:,}"
    if positives is not None and positives < needs.min_positives:
        name, remedy = ("", "") if rarest is None else (f" '{rarest}'", REMEDY)
        return (
            f"{positives:,} rows of the rarest class{name} are too few to judge, needs {needs.min_positives:,}{remedy}"
        )
    return None


def find_obstacle(gain: Gain, needs: Needs) -> str | None:
    """Return why a gain can't be judged, one sentence; None when it can."""
    if shortage := find_shortage(needs, gain.rows, gain.positives, rarest=gain.rarest):
        return shortage
    if gain.problem is not None:
        return f"{gain.metric} gain can't be measured: {gain.problem}"
    if not is_finite(gain.estimate, gain.lower, gain.upper):
        return f"{gain.metric} gain can't be measured: its estimate or a bound is not a finite number"
    return None


def find_gap(gain: Gain, needs: Needs, *, without_figure: str) -> str | None:
    """Return why a gain can't be held to a share of its opponent's figure; `without_figure` says it has none."""
    obstacle = find_obstacle(gain, needs)
    if obstacle is None and not is_finite(gain.opponent_value):
        return without_figure
    return obstacle


def describe_gain(gain: Gain, limit: float) -> str:
    """Put a measured gain into words: estimate, bounds, the limit, and what so many rows could show at all."""
    figures = [gain.estimate or 0.0, *clip_gain(gain.metric, gain.lower or 0.0, gain.upper or 0.0)]
    decimals = count_decimals(max(map(abs, figures)))
    estimate, lower, upper = (f"{figure:+.{decimals}f}" for figure in figures)
    found = f"{gain.metric} gain {estimate} [{lower}, {upper}] at {100 * gain.confidence:g} %, needs > {limit:.4g}"
    if not is_finite(gain.detectable):
        return found
    detectable = gain.detectable or 0.0
    return f"{found}; smallest gain these {gain.rows:,} rows would show: {detectable:.{count_decimals(detectable)}f}"


def count_decimals(largest: float) -> int:
    """Return how many decimals show three digits of the largest figure: 4 for 0.0205, 1 for 12.3."""
    if not largest > 0:
        return 4
    return min(max(2 - math.floor(math.log10(largest)), 0), 8)
