"""Arrow columns of any type as floats or as categories."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.errors import DataError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
LONGEST_NAME = 200  # characters of a category that are kept; longer texts with the same beginning are one


def column_of(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column of a batch.

    Raises:
        DataError: it is not there, or there twice.
    """
    places = batch.schema.get_all_field_indices(name)
    if len(places) != 1:
        raise DataError(f"column '{name}' is {'not' if not places else 'more than once'} in these rows")
    return batch.column(places[0])


def as_floats(name: str, column: pa.Array) -> Floats:
    """Return a new array of a column's values, NaN where there is none; a time is its microseconds since 1970.

    Raises:
        DataError: they are not numbers.
    """
    try:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        floats = column.cast(pa.float64(), safe=False)
    except pa.ArrowException as error:
        raise DataError(f"column '{name}' holds {column.type}, not numbers") from error
    return np.array(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def count_categories(name: str, column: pa.Array) -> tuple[list[str], Counts, int]:
    """Return the categories in a column, the rows of each, and the rows without one.

    A category may be listed twice. Whole numbers are the same category whether stored as integers or as floats.

    Raises:
        DataError: they can't be read as texts.
    """
    try:
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = _as_texts(encoded.dictionary)
    except pa.ArrowException as error:
        raise DataError(f"column '{name}' holds {column.type}, not categories") from error
    codes = np.asarray(encoded.indices.drop_null())
    counts = np.bincount(codes, minlength=len(texts)).astype(np.int64)
    is_used = (counts > 0) & texts.is_valid().to_numpy(zero_copy_only=False)
    used = counts[is_used]
    return texts.filter(pa.array(is_used)).to_pylist(), used, len(column) - int(used.sum())


def _as_texts(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
        if pc.all(pc.equal(values, pc.floor(values)), min_count=0).as_py():
            values = _as_integers(values)
    return pc.utf8_slice_codeunits(values.cast(pa.string()), 0, LONGEST_NAME)


def _as_integers(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:  # infinite, or too large
        return values
