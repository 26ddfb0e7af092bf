"""Where candidates stand in a picture of two objectives: the Pareto front, what it dominates, what broke a rule."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ratchet.config.policy import Policy
from ratchet.records.modelling import Candidate, Challenger, Figure, Placing
from ratchet.reports.scale import Scale, Tick, fit_scale

Point = tuple[float, float]
PADDING = 0.12  # of the width, on each side: a name must fit beside its mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One candidate.

    Attributes:
        placing: what the policy makes of it.
        values: its figures, in the order of the columns.
        x: position in percent from the left; None where there is no picture or no figure.
        y: position in percent from the top.
        is_chosen: whether it is the challenger.
    """

    placing: Placing
    values: tuple[float | None, ...]
    x: float | None
    y: float | None
    is_chosen: bool

    @property
    def standing(self) -> str:
        """Where it stands, in words."""
        if self.placing.broken:
            return "breaks the policy: " + "; ".join(self.placing.broken)
        if self.placing.dominated_by is not None:
            return f"dominated by {self.placing.dominated_by}"
        return "on the front"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The candidates beside the policy's figures.

    Attributes:
        columns: names of the figures.
        spots: one a candidate, the preferred one first.
        axes: the two objectives of the picture; empty when there is no picture.
        x_ticks: scale of the first one, the better to the right.
        y_ticks: scale of the second one, the better at the top.
        line: the front, as the two ends of each piece.
    """

    columns: tuple[str, ...]
    spots: tuple[Spot, ...]
    axes: tuple[str, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    line: tuple[tuple[Point, Point], ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a picture: two objectives with figures."""
        return bool(self.axes)


def place_front(challenger: Challenger | None, policy: Policy) -> Front | None:
    """Lay candidates out; None where nothing but the primary metric decided: the leaderboard says it all."""
    if challenger is None or not challenger.placings or not policy.figures:
        return None
    placed = _list_placed(challenger)
    spots = tuple(_spot(each, candidate, challenger, policy) for each, candidate in placed)
    front = Front(columns=policy.figures, spots=spots)
    axes, scales = _find_scales([candidate for _, candidate in placed], policy)
    return _draw(front, axes, *scales) if scales else front


def _list_placed(challenger: Challenger) -> list[tuple[Placing, Candidate]]:
    by_name = {each.name: each for each in challenger.leaderboard}
    return [(each, by_name[each.name]) for each in challenger.placings if each.name in by_name]


def _spot(placing: Placing, candidate: Candidate, challenger: Challenger, policy: Policy) -> Spot:
    values = tuple(_value(candidate, name) for name in policy.figures)
    return Spot(placing=placing, values=values, x=None, y=None, is_chosen=placing.name == challenger.name)


def _draw(front: Front, axes: tuple[str, ...], x_scale: Scale, y_scale: Scale) -> Front:
    x_column, y_column = (front.columns.index(axis) for axis in axes)
    spots = tuple(
        replace(each, x=x_scale.place(each.values[x_column]), y=y_scale.place(each.values[y_column]))
        for each in front.spots
    )
    return replace(
        front,
        spots=spots,
        axes=axes,
        x_ticks=x_scale.list_ticks(),
        y_ticks=y_scale.list_ticks(),
        line=_draw_line(spots),
    )


def _find_scales(candidates: Sequence[Candidate], policy: Policy) -> tuple[tuple[str, ...], tuple[Scale, ...]]:
    """Two objectives can be drawn; with more, any two would hide why a candidate is on the front."""
    axes = tuple(each.figure for each in policy.objectives)
    if len(axes) != 2:
        return (), ()
    x_scale, y_scale = (_fit_scale(candidates, axis, is_vertical=axis == axes[1]) for axis in axes)
    return (axes, (x_scale, y_scale)) if x_scale and y_scale else ((), ())


def _fit_scale(candidates: Sequence[Candidate], axis: str, *, is_vertical: bool) -> Scale | None:
    figures = [*filter(None, (_find(candidate, axis) for candidate in candidates))]
    known = [each.value for each in figures if each.value is not None and math.isfinite(each.value)]
    if not known:
        return None
    # The better end is to the right and at the top, and a picture's zero is at the top.
    return fit_scale(known, padding=PADDING, is_turned=figures[0].is_smaller_better != is_vertical)


def _find(candidate: Candidate, name: str) -> Figure | None:
    return next((each for each in candidate.figures if each.name == name), None)


def _value(candidate: Candidate, name: str) -> float | None:
    figure = _find(candidate, name)
    return figure.value if figure else None


def _draw_line(spots: Sequence[Spot]) -> tuple[tuple[Point, Point], ...]:
    front = [each for each in spots if each.placing.points is not None]
    places = sorted((each.x, each.y) for each in front if each.x is not None and each.y is not None)
    return tuple(pairwise(places))
