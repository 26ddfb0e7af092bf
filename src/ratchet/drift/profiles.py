"""Profile rows, in one pass and the memory of one batch, and find values that a profile never had."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.drift.conversion import LONGEST_NAME, Counts, Floats, as_floats, column_of, count_categories
from ratchet.drift.merging import MAX_NEW, finite_or_none, merge_moments, name_some
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins, ColumnCounts, Moments, Profile, Reference

Truth = NDArray[np.bool_]


class NumberCounter:
    """Counts a number."""

    def __init__(self, bins: ColumnBins) -> None:
        self._name = bins.name
        self._edges = np.array(bins.edges, np.float64)
        self._cells = np.zeros(len(bins.edges) + 1, np.int64)
        self._nulls, self._minus, self._plus = 0, 0, 0
        self._moments = Moments()
        self._lowest, self._highest = np.inf, -np.inf
        self._below, self._above = 0.0, 0.0
        self._problem = bins.problem

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        if self._problem:
            return
        try:
            values = as_floats(self._name, column_of(batch, self._name))
        except DataError as error:
            self._problem = str(error)
            return
        # Sorting a batch and looking the edges up in it is several times quicker than looking up each value
        values.sort()
        self._count(values)

    def _count(self, values: Floats) -> None:
        first = int(values.searchsorted(-np.inf, "right"))
        last = int(values.searchsorted(np.inf, "left"))
        end = int(values.searchsorted(np.nan, "left"))  # NaN sorts behind everything
        self._minus += first
        self._plus += end - last
        self._nulls += len(values) - end
        places = np.concatenate([[first], values.searchsorted(self._edges, "right"), [last]])
        self._cells += np.diff(places)
        if first < last:
            self._measure(values[first:last], places - first)

    def _measure(self, finite: Floats, places: np.ndarray) -> None:
        self._lowest, self._highest = min(self._lowest, finite[0]), max(self._highest, finite[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            self._moments = merge_moments(self._moments, _moments_of(finite))
            self._below += float(finite[: places[1]].sum())
            self._above += float(finite[places[-2] :].sum())

    def freeze(self) -> ColumnCounts:
        """Return the counts."""
        if self._problem:
            return ColumnCounts(name=self._name, problem=self._problem)
        is_empty = not self._moments.count
        return ColumnCounts(
            name=self._name,
            cells=tuple(self._cells.tolist()),
            nulls=self._nulls,
            minus_infinite=self._minus,
            plus_infinite=self._plus,
            moments=self._moments,
            lowest=None if is_empty else float(self._lowest),
            highest=None if is_empty else float(self._highest),
            below=finite_or_none(self._below),
            above=finite_or_none(self._above),
        )


class CategoryCounter:
    """Counts a category."""

    def __init__(self, bins: ColumnBins) -> None:
        self._name = bins.name
        self._places = {name: place for place, cell in enumerate(bins.cells) for name in cell}
        self._cells = np.zeros(len(bins.cells), np.int64)
        self._nulls, self._unknown = 0, 0
        self._new: Counter[str] = Counter()
        self._problem = bins.problem

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        if self._problem:
            return
        try:
            names, counts, nulls = count_categories(self._name, column_of(batch, self._name))
        except DataError as error:
            self._problem = str(error)
            return
        self._nulls += nulls
        places = np.array([self._places.get(name, -1) for name in names], np.int64)
        np.add.at(self._cells, places[places >= 0], counts[places >= 0])
        self._meet([(names[at], int(counts[at])) for at in np.flatnonzero(places < 0)])

    def _meet(self, unknown: list[tuple[str, int]]) -> None:
        for name, count in unknown:
            self._new[name] += count
            self._unknown += count
        if len(self._new) > MAX_NEW:
            self._new = Counter({each.name: each.rows for each in name_some(self._new)})

    def freeze(self) -> ColumnCounts:
        """Return the counts."""
        if self._problem:
            return ColumnCounts(name=self._name, problem=self._problem)
        return ColumnCounts(
            name=self._name,
            cells=tuple(self._cells.tolist()),
            nulls=self._nulls,
            unknown=self._unknown,
            new_categories=name_some(self._new),
        )


def _moments_of(finite: Floats) -> Moments:
    mean = finite_or_none(float(finite.mean()))
    if mean is None:
        return Moments(count=len(finite))
    apart = finite - mean
    squares = finite_or_none(float(apart @ apart))
    return Moments(count=len(finite), mean=None if squares is None else mean, squares=squares)


def profile_rows(batches: Iterable[pa.RecordBatch], reference: Reference, *, threads: int = 1) -> Profile:
    """Count rows in the bins of a reference.

    Args:
        batches: the rows; each is counted before the next is asked for.
        reference: the bins.
        threads: how many columns are counted side by side.
    """
    counters = list(map(_make_counter, reference.columns))
    shares = [counters[start::threads] for start in range(threads)]
    rows, times = 0, list[datetime]()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            done = pool.map(_count, shares, repeat(batch))
            rows += batch.num_rows
            times = _widen(times, batch, reference.time_column)
            list(done)
    start, end = times or (None, None)
    columns = tuple(counter.freeze() for counter in counters)
    return Profile(reference=reference.digest, rows=rows, start=start, end=end, columns=columns)


def _make_counter(bins: ColumnBins) -> NumberCounter | CategoryCounter:
    return NumberCounter(bins) if bins.kind == ColumnKind.NUMERIC else CategoryCounter(bins)


def _count(counters: Sequence[NumberCounter | CategoryCounter], batch: pa.RecordBatch) -> None:
    for counter in counters:
        counter.add(batch)


def _widen(times: list[datetime], batch: pa.RecordBatch, name: str | None) -> list[datetime]:
    """Return the first and the last time so far; a time without a zone is UTC."""
    if name is None:
        return times
    try:
        found = pc.min_max(column_of(batch, name).cast(pa.timestamp("us", "UTC"), safe=False))
    except (DataError, pa.ArrowException):
        return times  # unknown is what the record says then
    seen = [*times, *(value.as_py() for value in found.values() if value.is_valid)]
    return [min(seen).astimezone(UTC), max(seen).astimezone(UTC)] if seen else []


def count_novel_values(rows: pa.Table, reference: Reference, profile: Profile, columns: Sequence[str]) -> Counts:
    """Count, for each row, the columns in which it has a value that the reference never had.

    There a model extrapolates.

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
