"""Tell the segments of a column apart by name, in the same way wherever the column comes from.

Cut numbers into bins of about equally many rows, and name the bins.

Find the rows for which an expression of the YAML holds, in three values: true, false, and unknown.

As in SQL, a comparison with a missing value is neither true nor false, nor is its opposite: such a row is in no slice.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.expressions import Compared, Expression, Joined, Listed, Missing, Negated, Operator, Value
from ratchet.evaluation.resampling import Codes
from ratchet.metrics.arrays import Floats
from ratchet.records.columns import FALSE, TRUE

TRUTH = {True: "true", False: "false"}
Truth = NDArray[np.bool_]
Answer = tuple[Truth, Truth]  # where it is true, where it is false; unknown elsewhere
COMPARE: dict[Operator, Callable[[Floats, Floats], Truth]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def name_segments(column: pd.Series) -> pd.Series:
    """Return each row's value as text, missing where it is missing.

    A column of whole numbers is read as whole numbers or, with a gap somewhere, as fractions: both give the same text.
    """
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        return column.astype(object).map(TRUTH, na_action="ignore")
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64").astype(object).map(_write_number, na_action="ignore")
    return column.astype(object).map(str, na_action="ignore")


def is_segment(names: pd.Series, value: str) -> NDArray[np.bool_]:
    """Tell which rows are of a segment; a missing value is of none."""
    return np.asarray((names == value).to_numpy(dtype=bool), dtype=np.bool_)


def _write_number(value: float) -> str:
    return f"{value:.12g}"


def find_edges(numbers: Floats, bins: int) -> Floats:
    """Return the inner edges that cut numbers into bins of about as many rows; fewer where many rows are level."""
    finite = numbers[np.isfinite(numbers)]
    above = finite[finite > finite.min(initial=np.inf)]
    if not len(above):
        return np.empty(0)
    edges = np.unique(np.quantile(finite, np.arange(1, bins) / bins, method="higher"))
    edges = edges[edges > finite.min()]  # below the smallest number there is nobody
    return np.asarray(edges if len(edges) else [above.min()], dtype=np.float64)


def place_in_bins(numbers: Floats, edges: Floats) -> Codes:
    """Return each number's bin, from 0; a missing one is in none of them, its code is one more than the last bin's."""
    return np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="right")).astype(np.intp)


def name_bins(edges: Floats) -> list[str]:
    """Name the bins between edges: below the first, from one to the next, and from the last up."""
    texts = [f"{edge:.6g}" for edge in edges]
    if not texts:
        return ["any number"]
    between = [f"{low} to below {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *between, f"{texts[-1]} and above"]


def is_true(frame: pd.DataFrame, expression: Expression) -> Truth:
    """Tell for each row whether the expression is known to be true; the frame must have its columns."""
    return _answer(frame, expression)[0]


def has_value(column: pd.Series, values: list[str]) -> Truth:
    """Tell which rows have one of some values, written as text; a missing value is none of them.

    A boolean may be written as in a source: true, yes, 1, false, no, 0 in any case.
    """
    known = column.notna().to_numpy(dtype=bool)
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        lower = {value.casefold() for value in values}
        wanted = [is_true for is_true, texts in ((True, TRUE), (False, FALSE)) if lower & {*texts}]
        return known & column.isin(wanted).to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").dropna()
        return known & column.isin(numbers).to_numpy(dtype=bool)
    return known & column.astype(str).isin(values).to_numpy(dtype=bool)


def as_numbers(column: pd.Series) -> Floats:
    """Read a column as numbers, NaN where it has none; keys that are not features are kept as text."""
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _answer(frame: pd.DataFrame, expression: Expression) -> Answer:
    if isinstance(expression, Joined):
        return _join(list(map(partial(_answer, frame), expression.parts)), needs_all=expression.needs_all)
    if isinstance(expression, Negated):
        true, false = _answer(frame, expression.part)
        return false, true
    if isinstance(expression, Missing):
        missing = frame[expression.column].isna().to_numpy(dtype=bool)
        return missing, ~missing
    if isinstance(expression, Listed):
        return _among(frame[expression.column], expression.values)
    return _compare(frame, expression)


def _join(answers: list[Answer], *, needs_all: bool) -> Answer:
    """Kleene's and, and or: one false part makes "and" false whatever is unknown."""
    trues, falses = zip(*answers, strict=True)
    every, some = np.logical_and.reduce, np.logical_or.reduce
    return (every(trues), some(falses)) if needs_all else (some(trues), every(falses))


def _compare(frame: pd.DataFrame, compared: Compared) -> Answer:
    column, value = frame[compared.column], compared.value
    if isinstance(value, str | bool):
        true, false = _among(column, (value,))
        return (true, false) if compared.operator == "==" else (false, true)
    left = as_numbers(column)
    right = np.full(len(left), value) if compared.other is None else as_numbers(frame[compared.other])
    known = ~(np.isnan(left) | np.isnan(right))
    holds = COMPARE[compared.operator](left, right)
    return known & holds, known & ~holds


def _among(column: pd.Series, values: tuple[Value, ...]) -> Answer:
    texts = [str(value) for value in values if not isinstance(value, float)]
    found = has_value(column, texts)
    if numbers := [value for value in values if isinstance(value, float)]:
        found |= np.isin(as_numbers(column), numbers)
    return found, column.notna().to_numpy(dtype=bool) & ~found
