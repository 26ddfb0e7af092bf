"""Parts of a split as arrays: numbers as they are, categories as codes, so that no texts are ever in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ratchet.config.data import Data, TimeColumn
from ratchet.data.chunks import Chunk
from ratchet.data.clock import Clock, count_moments
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TEXTS, TIME, ColumnKind

Numbers = NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartArrays:
    """The rows of one part.

    Attributes:
        columns: a column a name: numbers, categories as codes, missing as NaN.
        target: as the snapshot holds it.
        rows: number of each row in the source.
        moments: time of each row, as `timeline` counts it; None where the data has no clock.
        known_at: the times that `data.availability` names, as numbers, NaN where there is none.
    """

    columns: dict[str, Numbers]
    target: pd.Series
    rows: NDArray[np.int64]
    moments: NDArray[np.int64] | None
    known_at: dict[str, NDArray[np.float64]]


class PartReader:
    """Reads parts of one split; a text has the same code in each of them."""

    def __init__(self, data: Data, *, most_rows: int, largest: float) -> None:
        """Start with no category known.

        Args:
            data: the YAML's section.
            most_rows: of a part that are read.
            largest: a number beyond it is taken for missing.
        """
        self._data, self._most_rows, self._largest = data, most_rows, largest
        self._times = sorted({each.known_at for each in data.availability.values() if each.known_at})
        self._names = [name for name in (*data.features, *data.keys) if name not in self._times]
        self._codes: dict[str, dict[str, int]] = {}
        self.unreadable: dict[str, str] = {}  # columns of times that could not be read, with the reason

    def read(self, path: Path, *, is_newest: bool) -> PartArrays:
        """Read the newest rows of a part, or its oldest.

        Args:
            path: the part's file, verified.
            is_newest: whether the newest rows are taken where there are too many.
        """
        kinds, target = self._data.features, self._data.target.column
        texts = [name for name in self._names if kinds.get(name, ColumnKind.CATEGORICAL) in TEXTS]
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts, pre_buffer=False) as file:

            def read(name: str) -> pa.ChunkedArray:
                # in this thread: each other one would keep memory of its own, and saves no time here
                column = file.read(columns=[name], use_threads=False).column(0)
                first = max(0, len(column) - self._most_rows) if is_newest else 0
                return column.slice(first, self._most_rows)

            arrays = PartArrays(
                target=read(target).to_pandas().rename(target),
                columns={name: self._as_numbers(name, _as_one(read(name))) for name in self._names},
                rows=read(ROW).to_numpy(),
                moments=count_moments(read(TIME)) if self._data.has_clock else None,
                known_at={name: self._read_times(name, _as_one(read(name))) for name in self._times},
            )
        pa.default_memory_pool().release_unused()  # else each part's pages are held until the last one is read
        return arrays

    def _as_numbers(self, name: str, column: pa.Array) -> Numbers:
        """Texts become codes that are the same in every part; single precision holds sixteen million of them."""
        if not pa.types.is_dictionary(column.type):
            numbers = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
            return np.where(np.abs(numbers) <= self._largest, numbers, np.nan)
        known = self._codes.setdefault(name, {})
        places = [known.setdefault(text, len(known)) for text in column.dictionary.to_pylist()]
        indices = column.indices.to_numpy(zero_copy_only=False)
        codes = np.full(len(column), np.nan, dtype=np.float32)
        is_known = pc.is_valid(column).to_numpy(zero_copy_only=False)
        codes[is_known] = np.asarray(places, dtype=np.float32)[indices[is_known].astype(np.int64)] if places else np.nan
        return codes

    def _read_times(self, name: str, column: pa.Array) -> NDArray[np.float64]:
        """Read a column of times as `data.time` is read; where that fails, no time of it is known."""
        known = np.full(len(column), np.nan)
        is_known = pc.is_valid(column)
        texts = column.filter(is_known)
        numbers = pa.array(np.arange(len(texts)))
        rows = pa.RecordBatch.from_arrays([texts, numbers], names=[name, ROW])
        try:
            times = Clock(self._describe_times(name)).read_times(Chunk(rows=rows, origin="the snapshot", first=0))
        except DataError as error:
            self.unreadable[name] = str(error)
            return known
        if times is not None:
            known[is_known.to_numpy(zero_copy_only=False)] = count_moments(times)
        return known

    def _describe_times(self, name: str) -> TimeColumn:
        """Other times are written like those of the rows."""
        own = self._data.time
        return own.model_copy(update={"column": name}) if isinstance(own, TimeColumn) else TimeColumn(column=name)


def _as_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, also where it has no or several chunks."""
    one = column.combine_chunks()
    return one.chunk(0) if isinstance(one, pa.ChunkedArray) and one.num_chunks == 1 else one
