"""Choose the bins in which a reference's rows, and all later ones, are counted."""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

import numpy as np
import pyarrow as pa

from ratchet.config.model import ModelConfig
from ratchet.drift.conversion import Floats, as_floats, column_of, count_categories
from ratchet.errors import DataError
from ratchet.records.columns import LABEL, PREDICTION, ColumnKind
from ratchet.records.profile import ColumnBins, Reference

SAMPLE = 200_000  # rows from which quantiles are taken; more make no better bins
MAX_KNOWN = 20_000  # categories that a column may have before it is taken for a key
CELLS = 200  # so the Kolmogorov-Smirnov distance of the cells is within about 0.005 of that of the rows
TAILS = (0.0001, 0.0002, 0.0005, 0.001, 0.002)  # more edges at both ends, where quantiles are far apart
BINS = 10  # Siddiqi 2006 and most practice: deciles of the reference
LEAST_NUMBER_ROWS = 10  # of a small reference, that a bin needs
SPARE = 1e-9  # what a share may lack by rounding
NAMED = 50  # categories with a cell each
GROUPS = 10  # bins that rare categories share at most
LEAST_SHARE, LEAST_CATEGORY_ROWS = 0.01, 20  # what a bin needs


def make_reference(
    batches: Iterable[pa.RecordBatch], kinds: Mapping[str, ColumnKind], *, time_column: str | None = None, seed: int = 0
) -> Reference:
    """Choose bins and categories from the reference's rows in one pass.

    Args:
        batches: the rows.
        kinds: the columns to profile, with the kind of each. The prediction and the label are columns.
        time_column: the column that says when a row happened.
        seed: of the sample that quantiles of long references are taken from.
    """
    numbers = [_Number(name) for name, kind in kinds.items() if kind == ColumnKind.NUMERIC]
    categories = [_Category(name, kind) for name, kind in kinds.items() if kind != ColumnKind.NUMERIC]
    sample = _Sample(len(numbers), np.random.default_rng(seed))
    _learn(batches, numbers, categories, sample)
    chosen = [each.choose(values) for each, values in zip(numbers, sample.values.T, strict=True)]
    chosen += [each.choose() for each in categories]
    columns = tuple(sorted(chosen, key=lambda bins: list(kinds).index(bins.name)))
    return Reference(digest=_digest(columns), time_column=time_column, columns=columns)


def list_kinds(config: ModelConfig) -> dict[str, ColumnKind]:
    """Return the features that are compared, the prediction and the label of a model, with the kind of each."""
    prediction = ColumnKind.CATEGORICAL if config.task == "multiclass" else ColumnKind.NUMERIC
    label = ColumnKind.NUMERIC if config.task == "regression" else ColumnKind.CATEGORICAL
    return config.data.compared | {PREDICTION: prediction, LABEL: label}


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
            return ColumnBins(name=self.name, kind=ColumnKind.NUMERIC, problem=self.problem)
        edges = choose_edges(finite, self.lowest, self.highest)
        starts = choose_starts(finite, edges)
        return ColumnBins(name=self.name, kind=ColumnKind.NUMERIC, edges=tuple(edges.tolist()), starts=starts)


class _Category:
    """A column's categories, learnt batch by batch."""

    def __init__(self, name: str, kind: ColumnKind) -> None:
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


def choose_edges(sample: Floats, lowest: float, highest: float) -> Floats:
    """Choose the edges of the cells: quantiles of a sample, and both sides of each value that many rows share.

    Args:
        sample: sorted finite values of the reference.
        lowest: the reference's lowest value, which the sample may lack.
        highest: its highest.
    """
    values, counts = np.unique(sample, return_counts=True)
    is_discrete = len(values) <= CELLS // 2
    shared = values if is_discrete else values[counts >= 2 * len(sample) / CELLS]
    quantiles = sample[:0] if is_discrete else np.quantile(sample, _quantile_shares(), method="inverted_cdf")
    return np.unique(np.concatenate([[_just_below(lowest), highest], quantiles, shared, _just_below(shared)]))


def choose_starts(sample: Floats, edges: Floats) -> tuple[int, ...]:
    """Choose the cells at which bins start: about tenths, and bins of their own for values of a tenth of the rows.

    What is below the lowest edge or above the highest one is a bin as well.
    """
    until = np.searchsorted(sample, edges, side="right") / len(sample)
    parts = max(1, min(BINS, len(sample) // LEAST_NUMBER_ROWS))
    tenths = np.searchsorted(until, np.arange(1, parts) / parts - SPARE)
    is_alone = edges[1:] == np.nextafter(edges[:-1], np.inf)
    heavy = 1 + np.flatnonzero(is_alone & (np.diff(until) >= 1 / BINS))
    # a sliver beside such a value belongs to it no more than to the bin on its other side
    edge_shares = until[np.concatenate([heavy, heavy - 1])]
    near = np.abs(until[tenths][:, None] - edge_shares) < 1 / (2 * parts)
    tenths = tenths[~near.any(axis=1)]
    bounds = np.unique(np.concatenate([[0, len(edges) - 1], tenths, heavy, heavy - 1]))
    return (0, *(int(bound) + 1 for bound in bounds))


def _quantile_shares() -> Floats:
    tails = np.array(TAILS)
    return np.concatenate([tails, np.arange(1, CELLS) / CELLS, 1 - tails])


def _just_below(value: Floats | float) -> Floats:
    return np.asarray(np.nextafter(value, -np.inf), dtype=np.float64)


def choose_categories(name: str, kind: ColumnKind, counts: Mapping[str, int]) -> ColumnBins:
    """Give frequent categories a bin each, and the rest bins that they share; the most frequent have cells."""
    ordered = sorted(counts, key=lambda category: (-counts[category], category))
    rows = sum(counts.values())
    least = max(LEAST_SHARE * rows, LEAST_CATEGORY_ROWS)
    alone = [category for category in ordered[:NAMED] if counts[category] >= least]
    cells: list[tuple[str, ...]] = [(category,) for category in alone]
    starts = list(range(len(alone)))
    for members in _group(ordered[len(alone) :], counts, least):
        starts.append(len(cells))
        cells += _cells_of(members, set(ordered[:NAMED]))
    return ColumnBins(
        name=name,
        kind=kind,
        cells=tuple(cells),
        once=_count_once(cells, counts),
        rows=rows,
        starts=tuple(starts) or (0,),
    )


def _group(rare: list[str], counts: Mapping[str, int], least: float) -> list[list[str]]:
    """Put rare categories together by a hash, into groups that are expected to have as many rows as a bin needs."""
    rows = sum(counts[category] for category in rare)
    groups: list[list[str]] = [[] for _ in range(max(1, min(GROUPS, int(rows / least))))]
    for category in rare:
        groups[zlib.crc32(category.encode("utf-8", "replace")) % len(groups)].append(category)
    return [members for members in groups if members]


def _count_once(cells: list[tuple[str, ...]], counts: Mapping[str, int]) -> tuple[int, ...]:
    """Count, for each cell, the rows whose category no other row has."""
    return tuple(sum(counts[each] == 1 for each in cell) for cell in cells)


def _cells_of(members: list[str], named: set[str]) -> list[tuple[str, ...]]:
    others = tuple(category for category in members if category not in named)
    return [*((category,) for category in members if category in named), *([others] if others else [])]
