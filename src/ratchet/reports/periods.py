"""Where the marks of both models' figures by period go: one scale for all, in percent of its width."""

import math
from dataclasses import dataclass

from ratchet.records.judgement import Evaluation, Gain
from ratchet.records.performance import Period
from ratchet.reports.forest import Tick, round_values

PADDING = 0.06  # of the width, on each side, as in the forest plot


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMark:
    """One period of the plot.

    Attributes:
        period: what it shows.
        gain: the gain over the champion in it; None without a champion.
        challenger_at: position of the challenger's figure in percent; None when it has none.
        champion_at: position of the champion's figure.
    """

    period: Period
    gain: Gain | None
    challenger_at: float | None
    champion_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPlot:
    """The plot: a mark a period, and the scale below."""

    marks: tuple[PeriodMark, ...]
    ticks: tuple[Tick, ...]


def place_periods(evaluation: Evaluation | None) -> PeriodPlot | None:
    """Lay the figures of all periods out on one scale; None when there are none."""
    if evaluation is None or evaluation.periods is None:
        return None
    periods = evaluation.periods.periods
    both = [figure for each in periods for figure in (each.challenger, each.champion)]
    figures = [figure for figure in both if figure is not None and math.isfinite(figure)]
    if not figures:
        return None
    low, high = _pad(min(figures), max(figures))
    gains = {gain.slice: gain for gain in evaluation.period_gains}
    marks = tuple(
        PeriodMark(
            period=each,
            gain=gains.get(each.name),
            challenger_at=_place(each.challenger, low, high),
            champion_at=_place(each.champion, low, high),
        )
        for each in periods
    )
    ticks = tuple(Tick(value=value, at=_position(value, low, high)) for value in round_values(low, high))
    return PeriodPlot(marks=marks, ticks=ticks)


def _pad(low: float, high: float) -> tuple[float, float]:
    width = (high - low) or abs(high) or 1.0  # figures that are all the same still get a scale
    return low - PADDING * width, high + PADDING * width


def _place(figure: float | None, low: float, high: float) -> float | None:
    return _position(figure, low, high) if figure is not None and math.isfinite(figure) else None


def _position(figure: float, low: float, high: float) -> float:
    return round(100 * (figure - low) / (high - low), 2)
