"""Rows with values that the reference never had: there a model extrapolates."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.drift.conversion import LONGEST_NAME, Counts, as_floats
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins, ColumnCounts, Profile, Reference

Truth = NDArray[np.bool_]


def count_novel_values(rows: pa.Table, reference: Reference, profile: Profile, columns: Sequence[str]) -> Counts:
    """Count, for each row, the columns in which it has a value that the reference never had.

    Args:
        rows: the rows; columns that they lack are left out.
        reference: the categories that the reference had.
        profile: of the reference's rows: their ranges, and whether values were ever missing.
        columns: which columns are looked at.
    """
    novel = np.zeros(rows.num_rows, np.int64)
    for bins, counts in zip(reference.columns, profile.columns, strict=False):
        if bins.name in columns and bins.name in rows.column_names and not (bins.problem or counts.problem):
            novel += _find_novel(rows.column(bins.name).combine_chunks(), bins, counts)
    return novel


def _find_novel(column: pa.Array, bins: ColumnBins, counts: ColumnCounts) -> Truth:
    try:
        return (
            _find_far(column, bins, counts) if bins.kind == ColumnKind.NUMERIC else _find_unknown(column, bins, counts)
        )
    except (DataError, pa.ArrowException):
        return np.zeros(len(column), np.bool_)  # of another type than the reference's: measured as drift, not here


def _find_far(column: pa.Array, bins: ColumnBins, counts: ColumnCounts) -> Truth:
    numbers = as_floats(bins.name, column)
    missing = np.isnan(numbers)
    low = -np.inf if counts.minus_infinite else _or(counts.lowest, np.inf)
    high = np.inf if counts.plus_infinite else _or(counts.highest, -np.inf)
    outside = ~missing & ((numbers < low) | (numbers > high))
    return outside | (missing & (counts.nulls == 0))


def _find_unknown(column: pa.Array, bins: ColumnBins, counts: ColumnCounts) -> Truth:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    texts = pc.utf8_slice_codeunits(column.cast(pa.string()), 0, LONGEST_NAME)
    known = pa.array([name for cell in bins.cells for name in cell], pa.string())
    missing = np.asarray(texts.is_null().to_numpy(zero_copy_only=False), np.bool_)
    is_known = np.asarray(pc.is_in(texts, value_set=known).to_numpy(zero_copy_only=False), np.bool_)
    return (~missing & ~is_known) | (missing & (counts.nulls == 0))


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
