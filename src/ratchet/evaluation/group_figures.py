"""What the figures of groups are made of: sums over rows, on the holdout as it is and on each of its draws.

Every measure is a ratio of two sums, so a draw needs only the sums of each group. They are added up once for the
finest cells, in which all sensitive columns have one value each, and from there for every column and pair.

Each group beside everybody else: differences and ratios, and how uncertain they are.

A group is compared with everybody else, not with the best of the other groups: the best of many small ones is best by
luck (see `ratchet.evaluation.group_fairness`). Standard errors come from the draws, and so know of groups and
blocks. Where a rate rests on few rows a draw knows too little of its spread (none at all of a rate of zero): it is
never taken to be less than that of the rate with one hit and one miss more (Agresti and Caffo 2000). Student's quantile
is that of the smaller side's rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtri, stdtrit

from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.resampling import Codes, Resampling
from ratchet.evaluation.slices.groups import Grouping
from ratchet.evaluation.totals import draw_totals, plan_for
from ratchet.metrics.arrays import Floats

TERMS = {
    "binary": ("rows", "positive", "selected", "hit", "predicted"),
    "multiclass": ("rows", "right"),
    "regression": ("rows", "error", "absolute"),
}
Parts = dict[str, int]
Ratio = tuple[Parts, Parts]  # which sums make the numerator and the denominator, and how often
MEASURES: dict[str, dict[str, Ratio]] = {
    "binary": {
        "selection_rate": ({"selected": 1}, {"rows": 1}),
        "true_positive_rate": ({"hit": 1}, {"positive": 1}),
        "false_positive_rate": ({"selected": 1, "hit": -1}, {"rows": 1, "positive": -1}),
        "precision": ({"hit": 1}, {"selected": 1}),
        "accuracy": ({"rows": 1, "positive": -1, "selected": -1, "hit": 2}, {"rows": 1}),
        "calibration": ({"predicted": 1, "positive": -1}, {"rows": 1}),
    },
    "multiclass": {"accuracy": ({"right": 1}, {"rows": 1})},
    "regression": {"mean_error": ({"error": 1}, {"rows": 1}), "mean_absolute_error": ({"absolute": 1}, {"rows": 1})},
}
RATES = frozenset({"selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Numerators and denominators of each measure (first axis) for each group (second) and draw (third)."""

    above: Floats
    below: Floats

    @property
    def figures(self) -> Floats:
        """The figures; NaN where there is nobody to measure."""
        return np.divide(self.above, self.below, out=np.full_like(self.above, np.nan), where=self.below != 0)

    def where(self, kept: NDArray[np.bool_]) -> "Sums":
        """Return the sums that are kept; zero for the others."""
        return Sums(above=np.where(kept, self.above, 0.0), below=np.where(kept, self.below, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSums:
    """One model's sums by cell: of every term (first axis), cell (second) and draw (third); the holdout is draw 0."""

    task: str
    sums: Floats

    def by_group(self, groups_of_cells: Codes, groups: int) -> tuple[Sums, Sums]:
        """Add cells up to groups, and to everybody else."""
        cells = self.sums.shape[1]
        member = csr_array((np.ones(cells), (groups_of_cells, np.arange(cells))), shape=(groups, cells))
        own = np.stack([member @ term for term in self.sums])
        return _combine(self.task, own), _combine(self.task, self.sums.sum(axis=1)[:, None, :] - own)

    def by_group_within(self, groups_of_cells: Codes, groups: int, levels_of_cells: Codes) -> tuple[Sums, Sums]:
        """Add cells up to groups, and to everybody else as if they had each group's share of every level.

        A level that has only the group, or nobody of it, compares nothing and is left out. Everybody else's sums are
        scaled to as many rows as would tell as much without weights.
        """
        own, others, spread = [], [], []
        for level in np.unique(levels_of_cells):
            here = levels_of_cells == level
            part = CellSums(task=self.task, sums=self.sums[:, here])
            mine, rest = part.by_group(groups_of_cells[here], groups)
            is_shared = (mine.below[..., :1] > 0) & (rest.below[..., :1] > 0)  # on the holdout itself
            mine, rest = mine.where(is_shared), rest.where(is_shared)
            own.append(mine)
            others.append(np.where(rest.below > 0, rest.figures, 0.0) * mine.below)
            spread.append(np.divide(mine.below**2, rest.below, out=np.zeros_like(rest.below), where=rest.below > 0))
        above, below = sum(each.above for each in own), sum(each.below for each in own)
        as_much = _tell_as_much(np.asarray(below), np.asarray(sum(spread)))
        return Sums(above=np.asarray(above), below=np.asarray(below)), Sums(
            above=np.asarray(sum(others)) * as_much, below=np.asarray(below) * as_much
        )


def _tell_as_much(below: Floats, spread: Floats) -> Floats:
    """Return how many times a group's rows everybody else's tell as much as, when weighed by the group's levels."""
    whole, weighed = below[..., :1], spread[..., :1]
    return np.divide(whole, weighed, out=np.ones_like(whole), where=weighed > 0)


def plan_group_draws(comparison: Comparison) -> Resampling:
    """Plan the draws: as for gains, but with blocks as long as the challenger's errors hang together, and fewer."""
    missed = find_residual(comparison, comparison.challenger)
    return plan_for(comparison, [missed - missed.mean()])


def count_units(plan: Resampling, codes: Codes, groups: int) -> Floats:
    """Count the rows, blocks or customers of each group, or of everybody else where these are fewer."""
    rows = np.bincount(codes, minlength=groups)
    if plan.groups is None:
        return np.asarray(np.minimum(rows, len(codes) - rows) / plan.block, dtype=np.float64)
    whole = int(plan.units)
    here = np.unique(plan.groups * groups + codes)
    own = np.bincount(here % groups, minlength=groups)
    is_alone = np.bincount(here // groups, minlength=whole)[here // groups] == 1
    only = np.bincount(here[is_alone] % groups, minlength=groups)
    return np.asarray(np.minimum(own, whole - only), dtype=np.float64)


def find_residual(comparison: Comparison, scored: Scored) -> Floats:
    """Return predicted less true: of a probability, a value, or of being right."""
    if comparison.config.task != "multiclass":
        return np.asarray(scored.scores - comparison.labels, dtype=np.float64)
    return np.asarray(scored.decisions == comparison.labels, dtype=np.float64)


def find_cells(groupings: list[Grouping]) -> tuple[Codes, Codes]:
    """Return each row's finest cell, and a row of each cell."""
    codes = groupings[0].codes
    for each in groupings[1:]:
        codes = np.unique(codes * len(each.names) + each.codes, return_inverse=True)[1]
    _, rows, cells = np.unique(codes, return_index=True, return_inverse=True)
    return cells.astype(np.intp), rows.astype(np.intp)


def add_up(comparison: Comparison, models: list[Scored], cells: Codes, plan: Resampling) -> list[CellSums]:
    """Add up each model's terms by cell, on the holdout and on each draw of it."""
    task, count = comparison.config.task, int(cells.max()) + 1
    terms = np.concatenate([_find_terms(comparison, each) for each in models])
    here, rows = np.nonzero(terms)
    shape = (len(terms) * count, len(cells))
    adding = csr_array((terms[here, rows], (here * count + cells[rows], rows)), shape=shape)
    totals = draw_totals(adding, plan, confidence=comparison.config.evaluation.confidence)
    sums = np.concatenate([totals.whole, totals.drawn], axis=1).reshape(len(models), -1, count, plan.draws + 1)
    return [CellSums(task=task, sums=each) for each in sums]


def _find_terms(comparison: Comparison, scored: Scored) -> Floats:
    labels, ones = comparison.labels, np.ones(len(comparison.labels))
    missed = find_residual(comparison, scored)
    if comparison.config.task == "multiclass":
        return np.stack([ones, missed])
    if comparison.config.task == "regression":
        return np.stack([ones, missed, np.abs(missed)])
    decided = np.zeros(len(labels)) if scored.decisions is None else scored.decisions
    return np.stack([ones, labels, decided, labels * decided, scored.scores])


def _combine(task: str, sums: Floats) -> Sums:
    ratios = MEASURES[task].values()
    above, below = (
        np.stack(
            [sum(times * sums[TERMS[task].index(term)] for term, times in ratio[side].items()) for ratio in ratios]
        )
        for side in (0, 1)
    )
    return Sums(above=above, below=below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrasts:
    """Figures by measure (first axis) and group (second); NaN where there is none. Of draws also by draw (third).

    Attributes:
        figures: each group's figure.
        difference: less everybody else's.
        error: standard error of that, widened for few rows.
        ratio: over everybody else's; NaN for a measure that is no rate.
        steady_ratio: the same with one hit and one miss more on both sides.
        steady_error: standard error of its logarithm.
        count: rows that a figure is a share of.
        others: the same, of everybody else.
        wider: what every standard error was widened by for few rows.
        draws: each group's figure in each draw, spread no less than few rows ask for.
        apart: the difference in each draw.
        ratio_apart: the logarithm of the ratio in each draw, to first order.
    """

    figures: Floats
    difference: Floats
    error: Floats
    ratio: Floats
    steady_ratio: Floats
    steady_error: Floats
    count: Floats
    others: Floats
    wider: Floats
    draws: Floats
    apart: Floats
    ratio_apart: Floats


def contrast(task: str, own: Sums, others: Sums, units: Floats, plan: Resampling, confidence: float) -> Contrasts:
    """Contrast each group with everybody else; draw 0 of the sums is the holdout itself.

    Args:
        task: the model's.
        own: sums of each group.
        others: sums of everybody else.
        units: what is drawn as if it were independent, of each group or of everybody else, whichever has fewer.
        plan: of the draws.
        confidence: of each bound.
    """
    figures, rest = own.figures, others.figures
    is_rate = np.array([measure in RATES for measure in MEASURES[task]])[:, None]
    count, other_count = own.below[:, :, 0], others.below[:, :, 0]
    wider = _widen(np.minimum(np.minimum(count, other_count), units), plan, confidence)
    apart = figures - rest
    (even, floor), (even_rest, floor_rest) = (_even_out(side, is_rate) for side in (own, others))
    variance = np.maximum(find_variance(apart[:, :, 1:]), floor + floor_rest)
    spread = np.maximum(find_variance(figures[:, :, 1:]), floor), np.maximum(find_variance(rest[:, :, 1:]), floor_rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(is_rate & (rest[:, :, 0] > 0), figures[:, :, 0] / rest[:, :, 0], np.nan)
    return Contrasts(
        figures=figures[:, :, 0],
        difference=apart[:, :, 0],
        error=wider * np.sqrt(variance),
        ratio=ratio,
        steady_ratio=even / even_rest,
        steady_error=wider * np.sqrt(spread[0] / even**2 + spread[1] / even_rest**2),
        count=count,
        others=other_count,
        wider=wider,
        draws=_stretch(figures[:, :, 1:], spread[0]),
        apart=apart[:, :, 1:],
        ratio_apart=figures[:, :, 1:] / even[..., None] - rest[:, :, 1:] / even_rest[..., None],
    )


def find_further(challenger: Contrasts, champion: Contrasts) -> tuple[Floats, Floats, Floats]:
    """Return how much further from everybody else each group is than with the champion, its error and its draws."""
    signs = np.sign(challenger.difference)[:, :, None], np.sign(champion.difference)[:, :, None]
    draws = signs[0] * challenger.apart - signs[1] * champion.apart
    further = np.abs(challenger.difference) - np.abs(champion.difference)
    return further, challenger.wider * np.sqrt(find_variance(draws)), draws


def find_variance(draws: Floats) -> Floats:
    """Return the variance over draws (last axis) that have a figure; zero where fewer than two have one."""
    known = np.isfinite(draws)
    count = np.maximum(known.sum(axis=-1), 1)
    mean = np.where(known, draws, 0.0).sum(axis=-1) / count
    variance: Floats = np.where(known, (draws - mean[..., None]) ** 2, 0.0).sum(axis=-1) / count
    return variance


def _widen(fewer: Floats, plan: Resampling, confidence: float) -> Floats:
    """Widen as Student's t asks for, and as blocks that fit no whole number of times spread too little."""
    units = np.clip(fewer, 2, None)
    student: Floats = stdtrit(units - 1, confidence) / float(ndtri(confidence))
    return np.asarray(student * np.sqrt(units / (units - 1) * plan.drawn / plan.rows))


def _even_out(sums: Sums, is_rate: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return each rate with a hit and a miss more, and the least variance of a figure (zero for what is no rate)."""
    above, below = sums.above[:, :, 0], sums.below[:, :, 0]
    even = np.where(is_rate, (above + 1) / (below + 2), np.nan)
    return even, np.where(is_rate, even * (1 - even) / (below + 2), 0.0)


def _stretch(draws: Floats, variance: Floats) -> Floats:
    """Stretch draws around their mean until they have a variance; a figure that never moves moves to and fro."""
    now = find_variance(draws)
    factor = np.sqrt(np.divide(variance, now, out=np.ones_like(now), where=now > 0))
    middle = np.where(np.isfinite(draws), draws, 0.0).mean(axis=-1, keepdims=True)
    moved = middle + (draws - middle) * factor[..., None]
    sway = np.sqrt(variance)[..., None] * np.where(np.arange(draws.shape[-1]) % 2, 1.0, -1.0)
    return np.asarray(np.where((now > 0)[..., None], moved, draws + sway))
