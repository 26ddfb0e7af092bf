"""Where the marks with their bands go: gains by slice, both models' figures by period, importances by feature."""

import math
from dataclasses import dataclass

from ratchet.config.gates import Gates
from ratchet.gates.beats_baseline import BaselineGate
from ratchet.gates.beats_champion import ChampionGate
from ratchet.gates.no_slice_worse import SliceGate
from ratchet.records.behaviour import Attention, Behaviour, Importance, Importances
from ratchet.records.holdout import Period, Periods
from ratchet.records.judgement import Evaluation, Gain
from ratchet.reports.scale import Scale, Tick, fit_scale

OVERALL = "overall"
SORTABLE = 4  # slices; fewer are read at a glance
SHOWN = 12  # features; the rest are crumbs, and are counted
IMPORTANCE_PADDING = 0.04  # of the width, on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class GainMark:
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
class Order:
    """One order of the marks, and what it is called."""

    name: str
    marks: tuple[GainMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A forest plot: one mark a gain, the scale below, and where zero is.

    Attributes:
        marks: in the order of the YAML, all rows first.
        orders: the marks in every order that a reader may choose; one where there is nothing to order.
        ticks: the scale.
        zero_at: where no difference is.
    """

    marks: tuple[GainMark, ...]
    orders: tuple[Order, ...]
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
    marks = tuple(_mark_gain(gain, limit, scale) for gain, limit in zip(gains, limits, strict=True))
    return Forest(marks=marks, orders=_order(marks), ticks=scale.list_ticks(), zero_at=scale.locate(0.0))


def _order(marks: tuple[GainMark, ...]) -> tuple[Order, ...]:
    """Order the slices below the figure of all rows; what was not measured comes last."""
    every, slices = marks[:1], marks[1:]
    as_written = Order(name="as in the YAML", marks=marks)
    if len(slices) < SORTABLE:
        return (as_written,)
    by_gain = sorted(slices, key=lambda each: math.inf if each.gain.estimate is None else each.gain.estimate)
    by_bound = sorted(slices, key=lambda each: math.inf if each.gain.lower is None else each.gain.lower)
    by_rows = sorted(slices, key=lambda each: -each.gain.rows)
    named = (("lowest gain", by_gain), ("lowest bound", by_bound), ("most rows", by_rows))
    return (as_written, *(Order(name=name, marks=(*every, *found)) for name, found in named))


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
        return gates.of(BaselineGate).min_gain
    if gain.slice == OVERALL:
        return gates.of(ChampionGate).min_gain
    if gain.opponent_value is None:
        return None
    return -gates.of(SliceGate).tolerance * abs(gain.opponent_value)


def _mark_gain(gain: Gain, limit: float | None, scale: Scale) -> GainMark:
    return GainMark(
        gain=gain,
        limit=limit,
        at=scale.place(gain.estimate),
        left=scale.place(gain.lower),
        right=scale.place(gain.upper),
        limit_at=scale.place(limit),
        is_past=limit is not None and gain.lower is not None and gain.lower > limit,
    )


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
    marks = tuple(_mark_period(period, gains.get(period.name), scale) for period in evaluation.periods.periods)
    return PeriodPlot(marks=marks, ticks=scale.list_ticks())


def _list_figures(periods: Periods) -> list[float]:
    both = [figure for each in periods.periods for figure in (each.challenger, each.champion)]
    return [figure for figure in both if figure is not None and math.isfinite(figure)]


def _mark_period(period: Period, gain: Gain | None, scale: Scale) -> PeriodMark:
    return PeriodMark(
        period=period,
        gain=gain,
        challenger_at=scale.place(period.challenger),
        champion_at=scale.place(period.champion),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One model's drop by one feature, in percent of the width.

    Attributes:
        importance: what it shows.
        at: position of the drop.
        left: position of the lower end of its band.
        right: position of the upper end.
    """

    importance: Importance
    at: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureBars:
    """A feature with the bars of both models; None where a model does not have it."""

    feature: str
    is_new: bool
    challenger: Bar | None
    champion: Bar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportancePlot:
    """The whole plot: the leading features, how many are not shown, the scale, and where zero is."""

    features: tuple[FeatureBars, ...]
    left_out: int
    ticks: tuple[Tick, ...]
    zero_at: float
    has_champion: bool
    has_contributions: bool


def place_importances(behaviour: Behaviour | None) -> ImportancePlot | None:
    """Lay out the features that lead in either model; None when nothing was measured."""
    found = behaviour.importances if behaviour else None
    if found is None or not found.challenger.features:
        return None
    mine, theirs = _by_name(found.challenger), _by_name(found.champion)
    order = sorted({**theirs, **mine}, key=lambda name: -max(_drop(mine.get(name)), _drop(theirs.get(name))))
    names = order[:SHOWN]
    scale = fit_scale([0.0, *_list_ends(names, mine), *_list_ends(names, theirs)], padding=IMPORTANCE_PADDING)
    features = tuple(
        FeatureBars(
            feature=name,
            is_new=name in found.new_features,
            challenger=_place(mine.get(name), scale),
            champion=_place(theirs.get(name), scale),
        )
        for name in names
    )
    return ImportancePlot(
        features=features,
        left_out=len(order) - len(names),
        ticks=scale.list_ticks(),
        zero_at=scale.locate(0.0),
        has_champion=bool(theirs),
        has_contributions=_has_contributions(found),
    )


def _by_name(attention: Attention | None) -> dict[str, Importance]:
    return {each.feature: each for each in attention.features if _is_whole(each)} if attention else {}


def _is_whole(each: Importance) -> bool:
    return all(math.isfinite(value) for value in (each.drop, each.lower, each.upper))


def _drop(each: Importance | None) -> float:
    return -math.inf if each is None else each.drop


def _has_contributions(found: Importances) -> bool:
    every = [*found.challenger.features, *(found.champion.features if found.champion else ())]
    return any(each.contribution is not None for each in every)


def _list_ends(names: list[str], side: dict[str, Importance]) -> list[float]:
    shown = [side[name] for name in names if name in side]
    return [value for each in shown for value in (each.drop, each.lower, each.upper)]


def _place(each: Importance | None, scale: Scale) -> Bar | None:
    if each is None:
        return None
    at, left, right = (scale.locate(value) for value in (each.drop, each.lower, each.upper))
    return Bar(importance=each, at=at, left=left, right=right)
