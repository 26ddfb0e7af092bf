"""Mean prediction against mean outcome: on all rows, by named slice, by sensitive column and by class."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.metrics import Floats
from ratchet.evaluation.segments import name_segments
from ratchet.evaluation.slices import find_rows
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
        members = np.zeros(len(frame), dtype=bool)
        members[find_rows(frame, part)] = True
        missing = None if part.column in frame.columns else f"the holdout has no column '{part.column}'"
        yield part.name, members, missing
    for name in config.data.sensitive:
        if name not in frame.columns:
            yield name, np.zeros(len(frame), dtype=bool), f"the holdout has no column '{name}'"
            continue
        names = name_groups(frame[name])
        for value in names.value_counts().index[:SHOWN]:
            yield f"{name} = {value}", (names == value).to_numpy(dtype=bool), None


def name_groups(column: pd.Series) -> pd.Series:
    """Return the group of each row by its value: ranges of equally many rows where there are many numbers."""
    names = name_segments(column)
    if names.nunique() > SHOWN and pd.api.types.is_numeric_dtype(column):
        numbers = column.astype("float64")
        ranges = pd.qcut(numbers.where(np.isfinite(numbers)), QUARTERS, duplicates="drop")
        names = ranges.astype(object).map(lambda each: f"{each.left:g} to {each.right:g}", na_action="ignore")
    return names.fillna("missing")


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
