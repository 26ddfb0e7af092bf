"""Choose the bins in which a reference's rows, and all later ones, are counted."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

import numpy as np
import pyarrow as pa

from ratchet.drift.categories import choose_categories
from ratchet.drift.conversion import Floats, as_floats, column_of, count_categories
from ratchet.drift.edges import choose_edges, choose_starts
from ratchet.errors import DataError
from ratchet.records.profile import ColumnBins, Reference

SAMPLE = 200_000  # rows from which quantiles are taken; more make no better bins
MAX_KNOWN = 20_000  # categories that a column may have before it is taken for a key


def make_reference(
    batches: Iterable[pa.RecordBatch], kinds: Mapping[str, str], *, time_column: str | None = None, seed: int = 0
) -> Reference:
    """Choose bins and categories from the reference's rows in one pass.

    Args:
        batches: the rows.
        kinds: the columns to be watched: "number", "category" or "boolean". The prediction and the label are columns.
        time_column: the column that says when a row happened.
        seed: of the sample that quantiles of long references are taken from.
    """
    numbers = [_Number(name) for name, kind in kinds.items() if kind == "number"]
    categories = [_Category(name, kind) for name, kind in kinds.items() if kind != "number"]
    sample = _Sample(len(numbers), np.random.default_rng(seed))
    _learn(batches, numbers, categories, sample)
    chosen = [each.choose(values) for each, values in zip(numbers, sample.values.T, strict=True)]
    chosen += [each.choose() for each in categories]
    columns = tuple(sorted(chosen, key=lambda bins: list(kinds).index(bins.name)))
    return Reference(digest=_digest(columns), time_column=time_column, columns=columns)


def _learn(
    batches: Iterable[pa.RecordBatch], numbers: "list[_Number]", categories: "list[_Category]", sample: "_Sample"
) -> None:
    for batch in batches:
        sample.add([each.learn(batch) for each in numbers], batch.num_rows)
        for each in categories:
            each.learn(batch)


def _digest(columns: tuple[ColumnBins, ...]) -> str:
    text = json.dumps([asdict(column) for column in columns], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Number:
    """A number's range, learnt batch by batch."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lowest, self.highest = np.inf, -np.inf
        self.problem: str | None = None

    def learn(self, batch: pa.RecordBatch) -> Floats:
        """Widen the range, and return the values."""
        try:
            values = as_floats(self.name, column_of(batch, self.name))
        except DataError as error:
            self.problem = str(error)
            return np.full(batch.num_rows, np.nan)
        values[~np.isfinite(values)] = np.nan
        self.lowest = float(np.fmin.reduce(values, initial=self.lowest))
        self.highest = float(np.fmax.reduce(values, initial=self.highest))
        return values

    def choose(self, sample: Floats) -> ColumnBins:
        """Choose the bins; a column without values has one cell, for whatever comes."""
        finite = np.sort(sample[~np.isnan(sample)])
        if self.problem or not len(finite):
            return ColumnBins(name=self.name, kind="number", problem=self.problem)
        edges = choose_edges(finite, self.lowest, self.highest)
        starts = choose_starts(finite, edges)
        return ColumnBins(name=self.name, kind="number", edges=tuple(edges.tolist()), starts=starts)


class _Category:
    """A column's categories, learnt batch by batch."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        self.counts: Counter[str] = Counter()
        self.problem: str | None = None

    def learn(self, batch: pa.RecordBatch) -> None:
        """Count the categories; no new name is learnt once there are too many."""
        try:
            names, counts, _ = count_categories(self.name, column_of(batch, self.name))
        except DataError as error:
            self.problem = str(error)
            return
        for name, count in zip(names, counts.tolist(), strict=True):
            if name in self.counts or len(self.counts) <= MAX_KNOWN:
                self.counts[name] += count

    def choose(self) -> ColumnBins:
        """Choose the cells."""
        if self.problem:
            return ColumnBins(name=self.name, kind=self.kind, problem=self.problem)
        if len(self.counts) > MAX_KNOWN:
            problem = f"column '{self.name}' has more than {MAX_KNOWN:,} categories: it is a key, and is not compared"
            return ColumnBins(name=self.name, kind=self.kind, problem=problem)
        return choose_categories(self.name, self.kind, self.counts)


class _Sample:
    """A sample of rows of which all are equally likely: those with the lowest random keys."""

    def __init__(self, columns: int, chance: np.random.Generator) -> None:
        self.values = np.empty((0, columns))
        self._keys = np.empty(0)
        self._limit = 1.0
        self._chance = chance

    def add(self, columns: list[Floats], rows: int) -> None:
        """Take some of the rows of a batch, and lose some of those before."""
        keys = self._chance.random(rows)
        taken = np.flatnonzero(keys < self._limit)
        fresh = np.stack([column[taken] for column in columns], axis=1) if columns else np.empty((len(taken), 0))
        self.values = np.concatenate([self.values, fresh])
        self._keys = np.concatenate([self._keys, keys[taken]])
        if len(self._keys) > SAMPLE:
            self._limit = float(np.partition(self._keys, SAMPLE)[SAMPLE])
            kept = self._keys < self._limit
            self.values, self._keys = self.values[kept], self._keys[kept]
