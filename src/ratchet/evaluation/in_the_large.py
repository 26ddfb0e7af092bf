"""Mean prediction against mean outcome: on all rows, by named slice, by sensitive column and by class."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.expressions import as_numbers
from ratchet.evaluation.groups import is_graded
from ratchet.evaluation.metrics import Floats
from ratchet.evaluation.segments import name_segments
from ratchet.evaluation.slices import find_edges, find_parts, find_problem, name_bins
from ratchet.evaluation.totals import Totals, divide
from ratchet.records.calibration import InTheLarge

MIN_GROUP_ROWS = 50
SHOWN = 12  # values of one sensitive column, and classes: the most frequent ones
QUARTERS = 4  # a column of many numbers is looked at in as many ranges
OVERALL = "overall"
Members = NDArray[np.bool_]


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


def find_members(comparison: Comparison) -> Iterator[tuple[str, Members, str | None]]:
    """Give each group of rows with its name, and with its problem where there is one: all of them first."""
    frame, config = comparison.frame, comparison.config
    yield OVERALL, np.ones(len(frame), dtype=bool), None
    for part in config.evaluation.slices:
        if problem := find_problem(frame, part):
            yield part.name, np.zeros(len(frame), dtype=bool), problem
            continue
        for name, rows in find_parts(frame, part).items():
            yield name, np.isin(np.arange(len(frame)), rows), None
    for name in config.data.sensitive:
        if name not in frame.columns:
            yield name, np.zeros(len(frame), dtype=bool), f"the holdout has no column '{name}'"
            continue
        names = name_groups(frame[name])
        for value in names.value_counts().index[:SHOWN]:
            yield f"{name} = {value}", (names == value).to_numpy(dtype=bool), None


def name_groups(column: pd.Series) -> pd.Series:
    """Return the group of each row by its value: ranges of equally many rows where there are many numbers."""
    if not is_graded(column):
        return name_segments(column).fillna("missing")
    numbers = as_numbers(column)
    edges = find_edges(numbers, QUARTERS)
    names = np.array([*name_bins(edges), "missing"], dtype=object)
    places = np.where(np.isnan(numbers), len(names) - 1, np.searchsorted(edges, numbers, side="right"))
    return pd.Series(names[places], index=column.index)


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
        predicted=float(group.predicted[group.members].mean()) if rows else None,
        observed=float(group.observed[group.members].mean()) if rows else None,
        difference=difference,
        problem=problem,
    )


def _mean(sums: Floats) -> Floats:
    return divide(sums[1], sums[0])
