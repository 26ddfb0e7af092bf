"""What leading features do to the score, and how they lie in train beside the holdout."""

from dataclasses import dataclass

from ratchet.records.behaviour import TURNS, Behaviour, Dependence, DependencePoint
from ratchet.records.drift import Spread
from ratchet.reports.charts import Axis, Chart, Series, make_axis, trace_band, trace_line
from ratchet.reports.drift_section import BinBars, place_bars
from ratchet.reports.scale import Scale, fit_scale
from ratchet.reports.wording import figure, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryMark:
    """One category: what it shows, and where it goes on the scale of the scores, in percent from the left."""

    point: DependencePoint
    at: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenceCard:
    """One feature.

    Attributes:
        dependence: what it shows.
        text: which way the score goes, in words.
        chart: of a number; None where it has fewer than two values.
        marks: of categories, and of being missing.
    """

    dependence: Dependence
    text: str
    chart: Chart | None
    marks: tuple[CategoryMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadCard:
    """One column: its bins in train and in the holdout, and the one that differs most, in words."""

    spread: Spread
    text: str
    bars: tuple[BinBars, ...]


def place_dependences(behaviour: Behaviour | None) -> tuple[DependenceCard, ...]:
    """Lay features out on one scale of scores, so that their effects can be compared."""
    found = behaviour.dependences if behaviour else ()
    bounds = [value for each in found for point in each.points for value in (point.mean, point.lower, point.upper)]
    if not bounds:
        return ()
    scale = fit_scale(bounds)
    return tuple(_card(each, scale) for each in found)


def _card(dependence: Dependence, scale: Scale) -> DependenceCard:
    numbers = [each for each in dependence.points if each.number is not None]
    others = [each for each in dependence.points if each.number is None]
    return DependenceCard(
        dependence=dependence,
        text=describe_dependence(dependence),
        chart=_draw(dependence, numbers, make_axis("score", scale)) if len(numbers) > 1 else None,
        marks=tuple(
            CategoryMark(
                point=each, at=scale.locate(each.mean), left=scale.locate(each.lower), right=scale.locate(each.upper)
            )
            for each in others
        ),
    )


def describe_dependence(dependence: Dependence) -> str:
    """Say which way the score goes: for a number from its first to its last value, for categories between extremes."""
    numbers = [each for each in dependence.points if each.number is not None]
    of_class = f"probability of {dependence.of_class}: " if dependence.of_class else ""
    if dependence.direction is not None and len(numbers) > 1:
        if dependence.direction == TURNS:
            means = [each.mean for each in numbers]
            return f"{of_class}{TURNS} between {figure(min(means))} and {figure(max(means))}"
        return f"{of_class}{dependence.direction}, {figure(numbers[0].mean)} → {figure(numbers[-1].mean)}"
    lowest, highest = (pick(dependence.points, key=lambda each: each.mean) for pick in (min, max))
    return f"{of_class}{figure(lowest.mean)} for {lowest.label} to {figure(highest.mean)} for {highest.label}"


def _draw(dependence: Dependence, points: list[DependencePoint], y: Axis) -> Chart:
    placed = [(each.number or 0.0, each) for each in points]
    x = make_axis(dependence.feature, fit_scale([at for at, _ in placed], padding=0.0))
    line = Series(name="", style="own", points=tuple((at, each.mean) for at, each in placed))
    return Chart(
        title=f"Mean score over {dependence.feature}",
        about=describe_dependence(dependence),
        x=x,
        y=y,
        lines=(trace_line(line, x, y),),
        bands=(trace_band("near", [(at, each.lower, each.upper) for at, each in placed], x, y),),
    )


def place_spreads(behaviour: Behaviour | None) -> tuple[SpreadCard, ...]:
    """Lay the bins of each column out side by side."""
    found = behaviour.spreads if behaviour else ()
    return tuple(SpreadCard(spread=each, text=describe_spread(each), bars=place_bars(each.bins)) for each in found)


def describe_spread(spread: Spread) -> str:
    """Name the bin whose share differs most."""
    if spread.problem or not spread.bins:
        return spread.problem or "neither has a value"
    furthest = max(spread.bins, key=lambda each: abs(each.now - each.then))
    if round(furthest.then, 3) == round(furthest.now, 3):
        return "alike in both"
    then, now = (percent(round(each, 3)) for each in (furthest.then, furthest.now))
    return f"furthest apart: {furthest.label}, {then} of train, {now} of the holdout"
