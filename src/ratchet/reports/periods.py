"""Where the marks of both models' figures by period go: one scale for all, in percent of its width."""

import math
from dataclasses import dataclass

from ratchet.records.judgement import Evaluation, Gain
from ratchet.records.performance import Period, Periods
from ratchet.reports.scale import Scale, Tick, fit_scale


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
    figures = _list_figures(evaluation.periods)
    if not figures:
        return None
    scale = fit_scale(figures)
    gains = {gain.slice: gain for gain in evaluation.period_gains}
    marks = tuple(_mark(period, gains.get(period.name), scale) for period in evaluation.periods.periods)
    return PeriodPlot(marks=marks, ticks=scale.list_ticks())


def _list_figures(periods: Periods) -> list[float]:
    both = [figure for each in periods.periods for figure in (each.challenger, each.champion)]
    return [figure for figure in both if figure is not None and math.isfinite(figure)]


def _mark(period: Period, gain: Gain | None, scale: Scale) -> PeriodMark:
    return PeriodMark(
        period=period,
        gain=gain,
        challenger_at=scale.place(period.challenger),
        champion_at=scale.place(period.champion),
    )
