"""Make the types of features the same whatever gave the frame: None, NaN and `pd.NA` are all missing.

Nothing is learnt from data here: that is in the pipeline, see `encoding`, and is stored with it.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ratchet.errors import DataError, list_names
from ratchet.records.columns import ColumnKind

LARGEST = float(np.finfo(np.float32).max) / 4  # trees compute in single precision, with differences and sums of two
FARTHEST = 1_000_000.0  # days from 1970: beyond, a calendar ends
NUMBER_TYPES = ("floating", "integer", "mixed-integer-float", "empty")
EPOCH, DAY = pd.Timestamp(0), pd.Timedelta(days=1)
TRUTH = {True: 1.0, False: 0.0}
TRUTHS = (np.dtype(bool), pd.BooleanDtype())


def as_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> pd.DataFrame:
    """Return the features alone: numbers, booleans and days as float64, the others as text, missing as NaN.

    A missing text is empty. An infinite number is read as missing, as is one that single precision can't compute with:
    most estimators refuse both.

    Raises:
        DataError: a feature is missing, or a value is not of its type.
    """
    if missing := [name for name in features if name not in frame.columns]:
        raise DataError(f"the rows lack {list_names(missing)}, which the model needs; add what is missing")
    columns = {name: _CONVERSIONS[kind](frame[name]) for name, kind in features.items()}
    return pd.DataFrame(columns, index=frame.index, columns=list(features))


def _as_number(column: pd.Series) -> pd.Series:
    if column.dtype == np.float64:  # as a snapshot has it: nothing can be lost, and this is ten times quicker
        values = column.to_numpy()
        return pd.Series(np.where(np.abs(values) <= LARGEST, values, np.nan), index=column.index, name=column.name)
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    _refuse_lost_values(column, numbers, "number")
    return numbers.where(numbers.abs() <= LARGEST)


def _as_boolean(column: pd.Series) -> pd.Series:
    if column.dtype in TRUTHS:  # nothing but true, false and missing; looking each one up costs as much as a tree
        return column.astype("float64")
    truths = column.astype(object).map(TRUTH).astype("float64")
    _refuse_lost_values(column, truths, "boolean")
    return truths


def _as_category(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):  # each value is turned into text once, not in every row
        values = np.array([*map(str, column.cat.categories), np.nan], dtype=object)
        return pd.Series(values[column.cat.codes], index=column.index, name=column.name)
    texts = column.astype(object).map(str, na_action="ignore")
    return texts.where(column.notna(), np.nan)


def _as_text(column: pd.Series) -> pd.Series:
    return _as_category(column).fillna("")


def _as_days(column: pd.Series) -> pd.Series:
    """Return days since 1970, which a snapshot has already; times with a zone are turned to UTC."""
    if pd.api.types.infer_dtype(column, skipna=True) in NUMBER_TYPES:
        days = _as_number(column)
    else:
        moments = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
        _refuse_lost_values(column, moments, "time")
        days = (moments.dt.tz_localize(None) - EPOCH) / DAY
    return days.where(days.abs() <= FARTHEST)


def _refuse_lost_values(column: pd.Series, converted: pd.Series, kind: str) -> None:
    wrong = column[converted.isna() & column.notna()]
    if len(wrong):
        raise DataError(
            f"column '{column.name}' holds {wrong.tolist()[0]!r}, which is not a {kind}; correct the source or the "
            "feature's type"
        )


_CONVERSIONS: Mapping[ColumnKind, Callable[[pd.Series], pd.Series]] = {
    ColumnKind.NUMERIC: _as_number,
    ColumnKind.BOOLEAN: _as_boolean,
    ColumnKind.CATEGORICAL: _as_category,
    ColumnKind.DATETIME: _as_days,
    ColumnKind.TEXT: _as_text,
}
