"""How sure a prediction is, and which predictions a label would teach most about."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.evaluation.slices.bins import find_edges, name_bins, place_in_bins
from ratchet.evaluation.slices.segments import name_segments
from ratchet.metrics.arrays import Floats

HALF = 0.5
FEW_VALUES = 12  # different numbers that are rather codes than amounts
BINS = 5
MISSING = "(missing)"
Rows = NDArray[np.intp]


def find_boundary(scores: Floats, is_positive: NDArray[np.bool_]) -> float:
    """Return the probability at which decisions change, as near to a half as the decisions allow.

    Where decisions follow no single threshold, as when two models decided, it is a half.
    """
    known = np.isfinite(scores)
    low = float(scores[known & ~is_positive].max(initial=-np.inf))
    high = float(scores[known & is_positive].min(initial=np.inf))
    return min(max(HALF, low), high) if low < high else HALF


def measure_leads(scores: Floats) -> Floats:
    """Return by how much each row's most probable class leads the next (Scheffer, Decomain and Wrobel 2001).

    NaN where a probability is missing, or there are fewer than two classes.
    """
    if scores.shape[1] < 2:
        return np.full(len(scores), np.nan)
    ordered = np.sort(scores, axis=1)  # NaN comes last, and makes the lead NaN
    return np.asarray(ordered[:, -1] - ordered[:, -2], np.float64)


def name_strata(columns: list[pd.Series]) -> pd.Series:
    """Join the values of columns into one name a row; numbers with many values are cut into bins."""
    texts = [_name_values(column).fillna(MISSING) for column in columns]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + ", " + text
    return joined


def choose_rows(certainty: Floats, strata: NDArray[np.object_], ties: NDArray[np.uint64], budget: int) -> Rows:
    """Return the least certain rows, the strata taking turns, so that none takes all.

    A stratum with few rows gives what it has. Rows that are not chosen can be taken away without changing the choice.

    Args:
        certainty: the lower, the less sure; a row whose certainty is no number is not chosen.
        strata: of each row.
        ties: an order for rows that are equally certain.
        budget: at most so many.
    """
    usable = np.flatnonzero(~np.isnan(certainty))
    frame = pd.DataFrame({"certainty": certainty[usable], "stratum": strata[usable], "tie": ties[usable]}, index=usable)
    ordered = frame.sort_values(["certainty", "tie"], kind="stable")
    turn = ordered.groupby("stratum", sort=False).cumcount()
    taken = ordered.assign(turn=turn).sort_values(["turn", "certainty", "tie"], kind="stable").index[:budget]
    return np.asarray(taken, np.intp)


def _name_values(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return name_segments(column)
    if column.nunique() <= FEW_VALUES:
        return name_segments(column)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    edges = find_edges(numbers, BINS)
    names = np.array([*name_bins(edges), MISSING], dtype=object)
    return pd.Series(names[place_in_bins(numbers, edges)], index=column.index)
