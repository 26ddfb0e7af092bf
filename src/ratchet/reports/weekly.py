"""Where the marks of the metric over time go: a point a window, its bounds, the baseline and the holdout."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ratchet.metrics.registry import find_metric
from ratchet.records.production import Figure, ProductionPerformance
from ratchet.reports.scale import Scale, Tick, fit_scale
from ratchet.timeline import Moment

LEFT, RIGHT = 10.0, 96.0  # percent: the scale's values stand on the left
MOST_DATES = 3  # that stay apart on a telephone


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekMark:
    """One window: positions in percent from the left and from the top.

    Attributes:
        figure: what it shows.
        x: of the window.
        y: of the metric.
        top: of its upper bound.
        bottom: of its lower bound.
        tone: whether it is shown to be worse than the baseline, or may be as good.
    """

    figure: Figure
    x: float
    y: float
    top: float | None
    bottom: float | None
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlot:
    """The plot.

    Attributes:
        marks: the windows that have a figure, the oldest first.
        ticks: the scale of the metric.
        dates: ends of some windows, and where they are.
        baseline: the latest baseline.
        baseline_at: where it is.
        holdout_at: where the figure of the champion's holdout is.
        gaps: windows in between that have none.
    """

    marks: tuple[WeekMark, ...]
    ticks: tuple[Tick, ...]
    dates: tuple[tuple[Moment, float], ...]
    baseline: float | None
    baseline_at: float | None
    holdout_at: float | None
    gaps: int


def place_weeks(performance: ProductionPerformance, last: Figure | None) -> WeekPlot | None:
    """Lay the metric of all windows out on one scale; None when fewer than two have a figure."""
    every = [*performance.weekly, *([last] if last and last not in performance.weekly else [])]
    known = [each for each in every if is_number(each.value)]
    if len(known) < 2:
        return None
    baseline = next((each.baseline for each in reversed(every) if is_number(each.baseline)), None)
    scale = fit_scale(_list_values(known, baseline, performance.holdout), padding=0.12, is_turned=True)
    step = (RIGHT - LEFT) / (len(every) - 1)
    marks = tuple(
        _mark(each, round(LEFT + at * step, 2), scale, baseline)
        for at, each in enumerate(every)
        if is_number(each.value)
    )
    return WeekPlot(
        marks=marks,
        ticks=scale.list_ticks(),
        dates=_choose_dates(marks),
        baseline=baseline,
        baseline_at=scale.place(baseline),
        holdout_at=scale.place(performance.holdout),
        gaps=len(every) - len(known),
    )


def is_number(value: float | None) -> bool:
    """Tell whether there is a figure that can be drawn."""
    return value is not None and math.isfinite(value)


def _list_values(figures: Iterable[Figure], *beside: float | None) -> list[float]:
    every = [value for each in figures for value in (each.value, each.lower, each.upper)]
    return [value for value in (*every, *beside) if value is not None and math.isfinite(value)]


def _mark(figure: Figure, x: float, scale: Scale, baseline: float | None) -> WeekMark:
    y = scale.place(figure.value)
    return WeekMark(
        figure=figure,
        x=x,
        y=0.0 if y is None else y,
        top=scale.place(figure.upper),
        bottom=scale.place(figure.lower),
        tone="worse" if _is_worse(figure, baseline) else "own",
    )


def _is_worse(figure: Figure, baseline: float | None) -> bool:
    """Tell whether a window is shown to be worse; an earlier one brings no loss, and its bounds are beside the line."""
    if figure.loss_lower is not None:
        return figure.loss_lower > 0
    best = figure.lower if find_metric(figure.metric).is_loss else figure.upper
    if best is None or baseline is None:
        return False
    return best > baseline if find_metric(figure.metric).is_loss else best < baseline


def _choose_dates(marks: tuple[WeekMark, ...]) -> tuple[tuple[Moment, float], ...]:
    last = len(marks) - 1
    places = {round(last * part / (MOST_DATES - 1)) for part in range(MOST_DATES)}
    return tuple((marks[place].figure.window.end, marks[place].x) for place in sorted(places))
