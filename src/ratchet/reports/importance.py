"""Where the bars of the importances go: drops with their bands, challenger beside champion, on one scale."""

import math
from dataclasses import dataclass

from ratchet.records.behaviour import Attention, Behaviour, Importance, Importances
from ratchet.reports.scale import Scale, Tick, fit_scale

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
    scale = fit_scale([0.0, *_list_ends(names, mine), *_list_ends(names, theirs)], padding=PADDING)
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
