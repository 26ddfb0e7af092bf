"""The page of a backtest: what each schedule would have cost, how well it would have done, and which to use."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

from ratchet.records.backtest import Backtest, PolicyCost, Retrain, Track
from ratchet.reports.rendering import render
from ratchet.reports.scale import Scale, Tick, fit_scale
from ratchet.reports.wording import moment, money, plural

HYBRID = "hybrid"
YARDSTICK = "never"  # what savings are counted from
DATES = 4  # labels below the pictures
HEIGHT = 100.0  # of a picture's own units, both ways


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainMark:
    """The runs of one period's end.

    Attributes:
        retrain: what they were.
        at: position in percent from the left.
        title: the same in words.
    """

    retrain: Retrain
    at: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One schedule over time.

    Attributes:
        cost: what it costs.
        quality: its figure, as the points of a line in a square of 100.
        saved: what it has saved so far, the same.
        marks: its runs.
        errors_wide: width of the bar of its mistakes' cost, percent.
        runs_wide: width of the bar of its runs' cost, percent.
        is_best: whether no other costs less.
    """

    cost: PolicyCost
    quality: tuple[str, ...]
    saved: str
    marks: tuple[RetrainMark, ...]
    errors_wide: float
    runs_wide: float
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All schedules over time, on the same scales.

    Attributes:
        strips: one a schedule.
        compared_with: the schedule that the others are compared with.
        yardstick: its line.
        quality_ticks: of the figures.
        saved_ticks: of the savings.
        zero_at: where nothing is saved.
        dates: of the periods, as position and words.
    """

    strips: tuple[Strip, ...]
    compared_with: str
    yardstick: tuple[str, ...]
    quality_ticks: tuple[Tick, ...]
    saved_ticks: tuple[Tick, ...]
    zero_at: float
    dates: tuple[tuple[float, str], ...]


def backtest_html(result: Backtest) -> str:
    """Return the page: self-contained, without scripts."""
    return render(
        "backtest.html.jinja",
        result=result,
        pictures=draw(result),
        headline=headline_of(result),
        lede=lede_of(result),
        remark=remark_on(result),
    )


def headline_of(result: Backtest) -> str:
    """Say what is recommended."""
    return f"Retrain {result.recommended}"


def remark_on(result: Backtest) -> str:
    """Say what the recommended setting's total means, and which other schedule would have cost less."""
    remark = "it was chosen knowing this history: expect a little more"
    best = min(_list_others(result), key=lambda each: each.total, default=None)
    if best is None or best.total >= result.in_hindsight.total:
        return remark
    return f"{remark}; {best.policy} would have cost {money(best.total)}"


def lede_of(result: Backtest) -> str:
    """Say what the hybrid, chosen without hindsight, costs beside the cheapest other schedule."""
    others = _list_others(result)
    hybrid = next((each for each in result.costs if each.policy == HYBRID), None)
    span = f"{plural(len(result.periods), 'period')} up to {moment(result.periods[-1].end)}"
    if hybrid is None or not others:
        return f"Replayed: {span}"
    best = min(others, key=lambda each: each.total)
    cost = f"the hybrid schedule, chosen without hindsight, would have cost {money(hybrid.total)}"
    beside = f"the cheapest of the others in hindsight, {best.policy}, {money(best.total)}"
    if best.total <= 0:
        return f"Over {span} {cost}, {beside}"
    return f"Over {span} {cost}, {hybrid.total / best.total:.3f} of {beside}"


def _list_others(result: Backtest) -> list[PolicyCost]:
    return [each for each in result.costs if each.policy != HYBRID]


def draw(result: Backtest) -> Pictures:
    """Lay the schedules out."""
    yardstick = next((each for each in result.tracks if each.policy == YARDSTICK), result.tracks[0])
    savings = [_save(result, track, yardstick) for track in result.tracks]
    quality = _scale_quality(result)
    saved = fit_scale([0.0, *chain.from_iterable(savings)], is_turned=True)  # more is higher up
    lines = (
        (_draw_line(track.quality, quality), " ".join(_draw_line(line, saved)))
        for track, line in zip(result.tracks, savings, strict=True)
    )
    return Pictures(
        strips=_lay_strips(result, list(lines)),
        compared_with=yardstick.policy,
        yardstick=_draw_line(yardstick.quality, quality),
        quality_ticks=quality.list_ticks() if quality else (),
        saved_ticks=saved.list_ticks(),
        zero_at=saved.locate(0.0),
        dates=_list_dates(result),
    )


def _lay_strips(result: Backtest, lines: list[tuple[tuple[str, ...], str]]) -> tuple[Strip, ...]:
    widest = max(max(each.error_cost, 0.0) + each.retrain_cost for each in result.costs) or 1.0
    cheapest = min(each.total for each in result.costs)
    return tuple(
        Strip(
            cost=cost,
            quality=quality,
            saved=saved,
            marks=tuple(_mark(each, len(result.periods)) for each in track.retrains),
            errors_wide=100 * max(cost.error_cost, 0.0) / widest,
            runs_wide=100 * cost.retrain_cost / widest,
            is_best=cost.total <= cheapest,
        )
        for cost, track, (quality, saved) in zip(result.costs, result.tracks, lines, strict=True)
    )


def _save(result: Backtest, track: Track, yardstick: Track) -> list[float]:
    """Return what a schedule has saved up to each period's end, beside the yardstick."""
    ours, theirs = _spend(result, track), _spend(result, yardstick)
    return [other - own for own, other in zip(ours, theirs, strict=True)]


def _spend(result: Backtest, track: Track) -> list[float]:
    error, retrain, second = result.prices
    spent = [error * each for each in track.errors]
    for each in track.retrains:
        spent[each.period] += each.runs * retrain + each.seconds * second
    return list(accumulate(spent))


def _scale_quality(result: Backtest) -> Scale | None:
    figures = [each for track in result.tracks for each in track.quality if each is not None and math.isfinite(each)]
    # the better end is at the top, and a picture's zero is at the top
    return fit_scale(figures, is_turned=not result.is_loss) if figures else None


def _draw_line(values: Sequence[float | None], scale: Scale | None) -> tuple[str, ...]:
    """Return the points of a line, cut where a period has no figure."""
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        at = scale.place(value) if scale else None
        if at is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{_middle(place, len(values)):.2f},{at:.2f}")
    return tuple(" ".join(piece) for piece in pieces if piece)


def _middle(place: int, count: int) -> float:
    return HEIGHT * (place + 0.5) / count


def _mark(retrain: Retrain, periods: int) -> RetrainMark:
    kinds = ", ".join(kind.value for kind in retrain.why)
    verdict = "promoted" if retrain.promoted else "kept"
    title = f"{plural(retrain.runs, 'run')} for {kinds}: {verdict}; {retrain.reason}"
    return RetrainMark(retrain=retrain, at=HEIGHT * retrain.period / periods, title=title)


def _list_dates(result: Backtest) -> tuple[tuple[float, str], ...]:
    """Return where some of the periods begin; without a clock, how many weeks of rows have gone."""
    periods = len(result.periods)
    places = sorted({round(each * (periods - 1) / (DATES - 1)) for each in range(DATES)})
    words = [moment(result.periods[each].start)[:10] if result.has_clock else f"period {each + 1}" for each in places]
    return tuple((HEIGHT * each / periods, word) for each, word in zip(places, words, strict=True))
