"""Where the marks of groups go: how far each is from everybody else, one scale a measure, in percent of its width."""

from collections.abc import Iterable
from dataclasses import dataclass

from ratchet.config.model import ModelConfig
from ratchet.gates.group_claims import FairGate
from ratchet.records.fairness import Attribute, Disparity, Fairness, Group, GroupFigure
from ratchet.reports.scale import Scale

SHOWN = {
    "binary": ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "calibration"),
    "multiclass": ("accuracy",),
    "regression": ("mean_error", "mean_absolute_error"),
}
CRITERIA = {
    "selection_rate": ("demographic_parity",),
    "true_positive_rate": ("equalised_odds", "equal_opportunity"),
    "false_positive_rate": ("equalised_odds",),
    "precision": (),
    "accuracy": ("error_parity", "class_error_parity"),
    "calibration": ("calibration",),
    "mean_error": ("regression_bias",),
    "mean_absolute_error": ("regression_error",),
}
NO_FIGURE = GroupFigure(measure="", count=0, others=0)
ROOM = 1.06  # of the outermost mark, so that none sits on the edge
MOST_PAIRS = 5  # groups of two columns that a page shows: those furthest from everybody else


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMark:
    """One group in one measure.

    Attributes:
        label: column and group.
        figure: what it shows; None for a group that is too small.
        rows: rows of the group.
        at: position of the difference in percent; None when there is none.
        left: position of its lower bound.
        right: position of its upper bound.
        is_within: whether both bounds are within the limit, or there is no limit.
    """

    label: str
    figure: GroupFigure | None
    rows: int
    at: float | None
    left: float | None
    right: float | None
    is_within: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePlot:
    """One measure: a mark a group, and where zero and the limits are.

    Attributes:
        measure: its name.
        limit: the largest difference that is accepted; None when no criterion looks at it.
        marks: one a group.
        limits_at: positions of minus and plus the limit.
        disparities: the largest differences between two groups, by column or pair.
    """

    measure: str
    limit: float | None
    marks: tuple[GroupMark, ...]
    limits_at: tuple[float, ...]
    disparities: tuple[tuple[str, Disparity], ...]


def place_groups(fairness: Fairness | None, config: ModelConfig) -> tuple[MeasurePlot, ...]:
    """Lay every measure of every group out; nothing without figures."""
    if fairness is None or not fairness.attributes:
        return ()
    return tuple(_place_measure(fairness, config, measure) for measure in SHOWN[config.task])


def _place_measure(fairness: Fairness, config: ModelConfig, measure: str) -> MeasurePlot:
    limit = _limit_of(config.gates.of(FairGate), measure)
    scaled = None if limit is None else limit * fairness.unit
    found = [*_list_singles(fairness, measure), *_list_pairs(fairness, measure)]
    reach = ROOM * max(_find_furthest(figure for *_, figure in found), scaled or 0.0) or 1.0
    scale = Scale(low=-reach, high=reach)
    return MeasurePlot(
        measure=measure,
        limit=limit,
        marks=tuple(_mark(attribute, group, figure, scale, scaled) for attribute, group, figure in found),
        limits_at=() if scaled is None else (scale.locate(-scaled), scale.locate(scaled)),
        disparities=_list_disparities(fairness, measure),
    )


def _find_furthest(figures: Iterable[GroupFigure | None]) -> float:
    ends = [end for figure in figures if figure for end in (figure.lower, figure.upper) if end is not None]
    return max(map(abs, ends), default=0.0)


def _list_disparities(fairness: Fairness, measure: str) -> tuple[tuple[str, Disparity], ...]:
    every = ((attribute.name, each) for attribute in fairness.attributes for each in attribute.disparities)
    return tuple((name, each) for name, each in every if each.measure == measure)


def _list_singles(fairness: Fairness, measure: str) -> list[tuple[Attribute, Group, GroupFigure | None]]:
    return [
        (attribute, group, _figure_of(group, measure))
        for attribute in fairness.attributes
        if len(attribute.columns) == 1
        for group in attribute.groups
    ]


def _list_pairs(fairness: Fairness, measure: str) -> list[tuple[Attribute, Group, GroupFigure | None]]:
    """List the groups of two columns that are furthest from everybody else."""
    found = [
        (attribute, group, figure)
        for attribute in fairness.attributes
        if len(attribute.columns) > 1
        for group in attribute.groups
        if (figure := _figure_of(group, measure)) and figure.difference is not None
    ]
    return [*sorted(found, key=lambda each: -abs(each[2].difference or 0.0))[:MOST_PAIRS]]


def _figure_of(group: Group, measure: str) -> GroupFigure | None:
    return next((figure for figure in group.figures if figure.measure == measure), None)


def _limit_of(gate: FairGate, measure: str) -> float | None:
    limits = [limit.at_most for name in CRITERIA[measure] if (limit := getattr(gate, name)) is not None]
    return min(limits) if limits else None


def _mark(
    attribute: Attribute, group: Group, figure: GroupFigure | None, scale: Scale, limit: float | None
) -> GroupMark:
    shown = figure or NO_FIGURE
    return GroupMark(
        label=f"{attribute.name}: {group.name}",
        figure=figure,
        rows=group.rows,
        at=scale.place(shown.difference),
        left=scale.place(shown.lower),
        right=scale.place(shown.upper),
        is_within=limit is None or _is_within(shown, limit),
    )


def _is_within(figure: GroupFigure, limit: float) -> bool:
    """Tell whether both bounds are there and within the limit."""
    if figure.lower is None or figure.upper is None:
        return False
    return max(abs(figure.lower), abs(figure.upper)) <= limit
