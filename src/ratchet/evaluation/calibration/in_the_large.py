"""Mean prediction against mean outcome: on all rows, by named slice, by sensitive column and by class."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ratchet.config.slices import Slice
from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.resampling.totals import Totals
from ratchet.evaluation.slices.groups import Grouping, group_column
from ratchet.evaluation.slices.named import find_parts, find_problem
from ratchet.metrics.arrays import Floats
from ratchet.metrics.decomposed import divide
from ratchet.records.calibration import InTheLarge

MIN_GROUP_ROWS = 50
SHOWN = 12  # values of one sensitive column, and classes: the most frequent ones
OVERALL = "overall"
Members = NDArray[np.bool_]
Named = tuple[str, Members, str | None]  # a group's name, its rows, and why there is nothing to measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some rows, with what is predicted for them and what came true.

    Attributes:
        name: how a report calls them.
        members: whether each row is one of them.
        predicted: of every row.
        observed: of every row.
        problem: why there is nothing to measure; None when there is.
    """

    name: str
    members: Members
    predicted: Floats
    observed: Floats
    problem: str | None = None

    @property
    def error(self) -> Floats:
        """Predicted minus observed, 0 for rows outside."""
        return np.where(self.members, self.predicted - self.observed, 0.0)

    def lines(self) -> csr_array:
        """Return what is added up: rows, and predicted minus observed."""
        return csr_array(np.stack([self.members.astype(np.float64), self.error]))


def find_members(comparison: Comparison) -> Iterator[Named]:
    """Give each group of rows with its name, and with its problem where there is one: all of them first."""
    frame, config = comparison.frame, comparison.config
    yield OVERALL, np.ones(len(frame), dtype=bool), None
    for part in config.evaluation.slices:
        yield from _find_in_slice(frame, part)
    for name in config.data.sensitive:
        yield from _find_in_column(group_column(config, frame, name), len(frame))


def _find_in_slice(frame: pd.DataFrame, part: Slice) -> Iterator[Named]:
    if problem := find_problem(frame, part):
        yield part.name, np.zeros(len(frame), dtype=bool), problem
        return
    for name, rows in find_parts(frame, part).items():
        yield name, np.isin(np.arange(len(frame)), rows), None


def _find_in_column(grouping: Grouping, rows: int) -> Iterator[Named]:
    if grouping.problem:
        yield grouping.name, np.zeros(rows, dtype=bool), grouping.problem
        return
    for place in np.argsort(-grouping.rows, kind="stable")[:SHOWN]:
        yield f"{grouping.name} = {grouping.names[place]}", grouping.codes == place, None


def measure_group(group: Group, totals: Totals) -> InTheLarge:
    """Bound the difference of predicted and observed mean on a group."""
    rows = int(np.count_nonzero(group.members))
    problem = group.problem or (f"{rows:,} rows are too few, needs {MIN_GROUP_ROWS}" if rows < MIN_GROUP_ROWS else None)
    difference = None
    if problem is None:
        members = group.members.astype(np.float64)
        centred = group.error - members * (group.error.sum() / rows)
        difference = totals.bound(_mean, centred, members=members)
    return InTheLarge(
        group=group.name,
        rows=rows,
        predicted=_mean_of(group.predicted, group),
        observed=_mean_of(group.observed, group),
        difference=difference,
        problem=problem,
    )


def _mean_of(values: Floats, group: Group) -> float | None:
    return float(values[group.members].mean()) if group.members.any() else None


def _mean(sums: Floats) -> Floats:
    return divide(sums[1], sums[0])
