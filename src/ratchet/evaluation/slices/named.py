"""Named parts of the holdout, each measured on the draws of the whole."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.expressions import parse_expression
from ratchet.config.slices import Slice
from ratchet.errors import did_you_mean
from ratchet.evaluation.gains import Pair, Rows, measure_gain
from ratchet.evaluation.resampling.draws import Resampling
from ratchet.evaluation.slices.bins import find_edges, name_bins, place_in_bins
from ratchet.evaluation.slices.expressions import as_numbers, has_value, is_true
from ratchet.metrics.arrays import Floats
from ratchet.records.columns import TIME
from ratchet.records.judgement import Gain


def measure_slice(
    pair: Pair, plan: Resampling, frame: pd.DataFrame, part: Slice, *, confidence: float
) -> tuple[Gain, ...]:
    """Measure the gain on a slice, or on each of its bins; one that can't be found is there with its problem."""
    problem = find_problem(frame, part)
    parts = {part.name: np.empty(0, np.intp)} if problem else find_parts(frame, part)
    gains = (
        measure_gain(pair, plan, confidence=confidence, rows=rows, slice_name=name) for name, rows in parts.items()
    )
    return tuple(replace(gain, problem=problem) if problem else gain for gain in gains)


def find_problem(frame: pd.DataFrame, part: Slice) -> str | None:
    """Return why a slice can't be found in these rows, one sentence; None when it can."""
    if part.is_timed and TIME not in frame.columns:
        return "the holdout's rows have no time"
    for column in part.columns:
        if column not in frame.columns:
            return f"the holdout has no column '{column}'{did_you_mean(column, map(str, frame.columns))}"
    return None


def find_parts(frame: pd.DataFrame, part: Slice) -> dict[str, Rows]:
    """Return the positions of a slice's rows by its name, or by those of its bins."""
    if part.bins is None or part.column is None:
        return {part.name: find_rows(frame, part)}
    numbers = as_numbers(frame[part.column])
    edges = find_edges(numbers, part.bins)
    names, codes = name_bins(edges), place_in_bins(numbers, edges)
    return {
        f"{part.name} {place + 1} of {len(names)} ({name})": np.flatnonzero(codes == place)
        for place, name in enumerate(names)
    }


def find_rows(frame: pd.DataFrame, part: Slice) -> Rows:
    """Return the positions of a slice's rows, none without its columns; a missing value is in no slice."""
    if find_problem(frame, part) is not None:
        return np.empty(0, np.intp)
    if part.where is not None:
        return np.flatnonzero(is_true(frame, parse_expression(part.where)))
    if part.column is None:
        return np.flatnonzero(_is_in_span(frame, part))
    if part.is_range:
        return np.flatnonzero(_is_in_range(as_numbers(frame[part.column]), part.at_least, part.below))
    return np.flatnonzero(has_value(frame[part.column], list(part.values)))


def _is_in_range(numbers: Floats, at_least: float | None, below: float | None) -> NDArray[np.bool_]:
    is_inside: NDArray[np.bool_] = np.isfinite(numbers)
    if at_least is not None:
        is_inside &= numbers >= at_least
    if below is not None:
        is_inside &= numbers < below
    return is_inside


def _is_in_span(frame: pd.DataFrame, part: Slice) -> NDArray[np.bool_]:
    times = pd.to_datetime(frame[TIME], utc=True)
    is_inside = times.notna()
    if part.newest is not None:
        is_inside &= times > times.max() - part.newest
    if part.since is not None:
        is_inside &= times >= _stamp(part.since)
    if part.until is not None:
        is_inside &= times < _stamp(part.until)
    return is_inside.to_numpy(dtype=bool)


def _stamp(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert("UTC")
