"""Tell the segments of a column apart by name, in the same way wherever the column comes from."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TRUTH = {True: "true", False: "false"}


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
