"""What each column of a snapshot looks like: the yardstick that the next delivery is held against."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ratchet.config.data import Data
from ratchet.records.columns import ColumnKind
from ratchet.records.data import ColumnProfile

QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)
KIND_OF_TARGET = {
    "binary": ColumnKind.BOOLEAN,
    "multiclass": ColumnKind.CATEGORICAL,
    "regression": ColumnKind.NUMERIC,
}


def kinds_of(data: Data, task: str) -> dict[str, ColumnKind]:
    """Return the columns that are profiled, with the kind of each."""
    keys = dict.fromkeys(data.keys, ColumnKind.CATEGORICAL)
    return data.features | keys | {data.target.column: KIND_OF_TARGET[task]}


def identities_of(data: Data) -> frozenset[str]:
    """Return the columns that say who a row is about: their values are counted and never written down."""
    return frozenset(name for name in (data.group, data.entity) if name and name not in data.features)


def measure_profile(
    frame: pd.DataFrame, kinds: Mapping[str, ColumnKind], *, max_categories: int, unlisted: frozenset[str] = frozenset()
) -> tuple[ColumnProfile, ...]:
    """Profile the columns that are there; of categories at most `max_categories` are kept, of `unlisted` none."""
    return tuple(
        _profile_column(frame[name], kind, 0 if name in unlisted else max_categories)
        for name, kind in kinds.items()
        if name in frame
    )


def _profile_column(column: pd.Series, kind: ColumnKind, kept: int) -> ColumnProfile:
    counts = column.value_counts()
    # A column of categories also counts those that none of its rows has.
    counts = counts[counts > 0]
    return ColumnProfile(
        name=str(column.name),
        kind=kind,
        null_share=float(column.isna().mean()) if len(column) else 0.0,
        quantiles=_quantiles(column) if kind == ColumnKind.NUMERIC else (),
        categories=_most_frequent(counts, kept) if kind == ColumnKind.CATEGORICAL else (),
        distinct=len(counts),
    )


def _quantiles(column: pd.Series) -> tuple[float, ...]:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return tuple(float(value) for value in np.quantile(finite, QUANTILES)) if len(finite) else ()


def _most_frequent(counts: pd.Series, kept: int) -> tuple[str, ...]:
    """Order by count, then by name, so that the same rows always give the same profile."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return tuple(str(value) for value, _ in ordered[:kept])
