"""Named parts of the holdout, each measured on the draws of the whole."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.judging import Slice
from ratchet.evaluation.gains import Pair, Rows, measure_gain
from ratchet.evaluation.resampling import Resampling
from ratchet.records.judgement import Gain


def measure_slice(pair: Pair, plan: Resampling, frame: pd.DataFrame, part: Slice, *, confidence: float) -> Gain:
    """Measure the gain on a slice; a slice that can't be found is there as well, with its problem."""
    gain = measure_gain(pair, plan, confidence=confidence, rows=find_rows(frame, part), slice_name=part.name)
    if part.column in frame.columns:
        return gain
    return replace(gain, problem=f"the holdout has no column '{part.column}'")


def find_rows(frame: pd.DataFrame, part: Slice) -> Rows:
    """Return the positions of a slice's rows, none without its column; a missing value is in no slice."""
    if part.column not in frame.columns:
        return np.empty(0, np.intp)
    is_range = part.at_least is not None or part.below is not None
    return np.flatnonzero(_is_in_range(frame, part) if is_range else _has_value(frame, part))


def _has_value(frame: pd.DataFrame, part: Slice) -> NDArray[np.bool_]:
    column, values = frame[part.column], list(part.values)
    known = column.notna().to_numpy(dtype=bool)
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        texts = column.astype(str).str.casefold()
        return known & texts.isin([value.casefold() for value in values]).to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(pd.Series(values), errors="coerce").dropna()
        return known & column.isin(numbers).to_numpy(dtype=bool)
    return known & column.astype(str).isin(values).to_numpy(dtype=bool)


def _is_in_range(frame: pd.DataFrame, part: Slice) -> NDArray[np.bool_]:
    """Compare numbers; keys that are not features are kept as text, and are read as numbers here."""
    numbers = pd.to_numeric(frame[part.column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    is_inside: NDArray[np.bool_] = np.isfinite(numbers)
    if part.at_least is not None:
        is_inside &= numbers >= part.at_least
    if part.below is not None:
        is_inside &= numbers < part.below
    return is_inside
