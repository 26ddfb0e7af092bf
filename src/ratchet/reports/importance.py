"""Where the bars of the importances go: drops with their bands, challenger beside champion, on one scale."""

import math
from dataclasses import dataclass

from ratchet.records.behaviour import Attention, Behaviour, Importance, Importances
from ratchet.reports.forest import Tick, round_values

SHOWN = 12  # features; the rest are crumbs, and are counted
PADDING = 0.04  # of the width, on each side


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
class Bars:
    """The whole plot: the leading features, how many are not shown, the scale, and where zero is."""

    features: tuple[FeatureBars, ...]
    left_out: int
    ticks: tuple[Tick, ...]
    zero_at: float
    has_champion: bool
    has_contributions: bool


def place_importances(behaviour: Behaviour | None) -> Bars | None:
    """Lay out the features that lead in either model; None when nothing was measured."""
    found = behaviour.importances if behaviour else None
    if found is None or not found.challenger.features:
        return None
    mine, theirs = _by_name(found.challenger), _by_name(found.champion)
    order = sorted({**theirs, **mine}, key=lambda name: -max(_drop(mine.get(name)), _drop(theirs.get(name))))
    names = order[:SHOWN]
    shown = [each for side in (mine, theirs) for name, each in side.items() if name in names]
    low, high = _scale(shown)
    features = tuple(
        FeatureBars(
            feature=name,
            is_new=name in found.new_features,
            challenger=_place(mine.get(name), low, high),
            champion=_place(theirs.get(name), low, high),
        )
        for name in names
    )
    return Bars(
        features=features,
        left_out=len(order) - len(names),
        ticks=tuple(Tick(value=value, at=_position(value, low, high)) for value in round_values(low, high)),
        zero_at=_position(0.0, low, high),
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


def _scale(shown: list[Importance]) -> tuple[float, float]:
    ends = [0.0, *(value for each in shown for value in (each.drop, each.lower, each.upper))]
    width = (max(ends) - min(ends)) or 1.0  # drops of exactly zero still get a scale
    return min(ends) - PADDING * width, max(ends) + PADDING * width


def _place(each: Importance | None, low: float, high: float) -> Bar | None:
    if each is None:
        return None
    at, left, right = (_position(value, low, high) for value in (each.drop, each.lower, each.upper))
    return Bar(importance=each, at=at, left=left, right=right)


def _position(value: float, low: float, high: float) -> float:
    return round(100 * (value - low) / (high - low), 2)
