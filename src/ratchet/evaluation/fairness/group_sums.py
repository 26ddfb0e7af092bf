"""What the figures of groups are made of: sums over rows, on the holdout as it is and on each of its draws.

Every measure is a ratio of two sums, so a draw needs only the sums of each group. They are added up once for the
finest cells, in which all sensitive columns have one value each, and from there for every column and pair.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.resampling.draws import Codes, Resampling
from ratchet.evaluation.resampling.totals import draw_totals, plan_for
from ratchet.evaluation.slices.groups import Grouping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One model's sums by cell: of every term (first axis), cell (second) and draw (third); the holdout is draw 0."""

    task: str
    sums: Floats

    def by_group(self, groups_of_cells: Codes, groups: int) -> tuple[Sums, Sums]:
        """Add cells up to groups, and to everybody else."""
        cells = self.sums.shape[1]
        member = csr_array((np.ones(cells), (groups_of_cells, np.arange(cells))), shape=(groups, cells))
        own = np.stack([member @ term for term in self.sums])
        return _combine(self.task, own), _combine(self.task, self.sums.sum(axis=1)[:, None, :] - own)


def plan_group_draws(comparison: Comparison) -> Resampling:
    """Plan the draws: as for gains, but with blocks as long as the challenger's errors hang together, and fewer."""
    missed = find_residual(comparison, comparison.challenger)
    return plan_for(comparison, [missed - missed.mean()])


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


def add_up(comparison: Comparison, models: list[Scored], cells: Codes, plan: Resampling) -> list[Drawn]:
    """Add up each model's terms by cell, on the holdout and on each draw of it."""
    task, count = comparison.config.task, int(cells.max()) + 1
    terms = np.concatenate([_find_terms(comparison, each) for each in models])
    here, rows = np.nonzero(terms)
    shape = (len(terms) * count, len(cells))
    adding = csr_array((terms[here, rows], (here * count + cells[rows], rows)), shape=shape)
    totals = draw_totals(adding, plan, confidence=comparison.config.evaluation.confidence)
    sums = np.concatenate([totals.whole, totals.drawn], axis=1).reshape(len(models), -1, count, plan.draws + 1)
    return [Drawn(task=task, sums=each) for each in sums]


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
