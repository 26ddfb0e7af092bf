"""Give every row a group for each sensitive column and each pair of them; no row is left without one."""

from dataclasses import dataclass
from itertools import combinations, starmap

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.errors import list_names
from ratchet.evaluation.resampling import Codes
from ratchet.evaluation.slices.columns import as_numbers, find_edges, name_bins, name_segments, place_in_bins
from ratchet.gates.fair import FairGate
from ratchet.metrics.arrays import Floats

FEW = 12  # different numbers that are rather codes than amounts: each is a group of its own
MOST_GROUPS = 500  # of one column: more of them are identifiers, which say nothing about groups of persons
MISSING = "(missing)"
JOINED = " and "


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The groups of one sensitive column or of two.

    Attributes:
        columns: the columns.
        codes: each row's group, as codes from 0 without gaps.
        names: each group's name; empty where there is a problem.
        problem: why rows can't be grouped; None when they can.
    """

    columns: tuple[str, ...]
    codes: Codes
    names: tuple[str, ...]
    problem: str | None = None

    @property
    def name(self) -> str:
        """The columns in one word."""
        return JOINED.join(self.columns)

    @property
    def rows(self) -> Codes:
        """How many rows each group has."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.intp)


def group_rows(config: ModelConfig, frame: pd.DataFrame) -> tuple[Grouping, ...]:
    """Group rows by each sensitive column and, where the YAML asks for it, by each pair."""
    single = [group_column(config, frame, name) for name in config.data.sensitive]
    if not config.evaluation.fairness.intersections:
        return tuple(single)
    several = [each for each in single if len(each.names) > 1]  # none where there is a problem
    return (*single, *starmap(_cross, combinations(several, 2)))


def is_graded(column: pd.Series) -> bool:
    """Tell whether a column holds amounts that must be cut into bins, also when it was kept as text."""
    known = column.dropna()
    if pd.api.types.is_bool_dtype(known) or known.nunique() <= FEW:
        return False
    return bool(pd.to_numeric(known, errors="coerce").notna().all())


def group_column(config: ModelConfig, frame: pd.DataFrame, name: str) -> Grouping:
    """Group rows by one column: by its values, or in ranges where these are amounts."""
    if name not in frame.columns:
        return _fail(name, f"the holdout has no column '{name}'")
    column, plan = frame[name], config.evaluation.fairness
    if name in plan.bins or is_graded(column):
        grouping = _cut(as_numbers(column), name, plan.bins.get(name), plan.quantiles)
    else:
        grouping = _list(column, name)
    if len(grouping.names) > MOST_GROUPS:
        return _fail(name, f"'{name}' has {len(grouping.names):,} different values, which are no groups of persons")
    return _pool(grouping, config.gates.of(FairGate))


def _fail(name: str, problem: str) -> Grouping:
    return Grouping(columns=(name,), codes=np.empty(0, np.intp), names=(), problem=problem)


def _cut(numbers: Floats, name: str, edges: tuple[float, ...] | None, bins: int) -> Grouping:
    inner = find_edges(numbers, bins) if edges is None else np.array(edges)
    return _compress(place_in_bins(numbers, inner), [*name_bins(inner), MISSING], name)


def _list(column: pd.Series, name: str) -> Grouping:
    codes, values = pd.factorize(name_segments(column), sort=True)
    return _compress(np.where(codes < 0, len(values), codes), [*map(str, values), MISSING], name)


def _compress(codes: Codes, names: list[str], column: str) -> Grouping:
    """Leave out groups without rows."""
    present, inverse = np.unique(codes, return_inverse=True)
    return Grouping(columns=(column,), codes=inverse.astype(np.intp), names=tuple(names[place] for place in present))


def _pool(grouping: Grouping, gate: FairGate) -> Grouping:
    """Make one group of all that are too small, named after them, where the YAML asks for it."""
    is_small = grouping.rows < gate.min_rows
    if gate.small_groups != "pool" or is_small.sum() < 2:
        return grouping
    names = list(grouping.names)
    pooled = f"({list_names(name for name, small in zip(names, is_small, strict=True) if small)})"
    target = np.where(is_small, len(names), np.arange(len(names)))
    return _compress(target[grouping.codes], [*names, pooled], grouping.name)


def _cross(one: Grouping, other: Grouping) -> Grouping:
    joint = one.codes * len(other.names) + other.codes
    present, inverse = np.unique(joint, return_inverse=True)
    names = (f"{one.names[code // len(other.names)]}, {other.names[code % len(other.names)]}" for code in present)
    return Grouping(columns=(*one.columns, *other.columns), codes=inverse.astype(np.intp), names=tuple(names))
