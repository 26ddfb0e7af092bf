"""Where the marks of a forest plot go: gains with their bounds on one scale, in percent of its width."""

import math
from dataclasses import dataclass

from ratchet.config.judging import Gates
from ratchet.records.judgement import Gain
from ratchet.reports.scale import Scale, Tick, fit_scale

OVERALL = "overall"


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
    scale = fit_scale([value for value in (0.0, *bounds, *limits) if value is not None])
    marks = tuple(_mark(gain, limit, scale) for gain, limit in zip(gains, limits, strict=True))
    return Forest(marks=marks, ticks=scale.list_ticks(), zero_at=scale.locate(0.0))


def _bounds_of(gains: tuple[Gain, ...]) -> list[float]:
    return [
        value
        for gain in gains
        for value in (gain.estimate, gain.lower, gain.upper)
        if value is not None and math.isfinite(value)
    ]


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


def _mark(gain: Gain, limit: float | None, scale: Scale) -> Mark:
    return Mark(
        gain=gain,
        limit=limit,
        at=scale.place(gain.estimate),
        left=scale.place(gain.lower),
        right=scale.place(gain.upper),
        limit_at=scale.place(limit),
        is_past=limit is not None and gain.lower is not None and gain.lower > limit,
    )
