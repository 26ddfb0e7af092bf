"""Give every row a group for each sensitive column and each pair of them; no row is left without one.

Columns that say the same are told: the same groups under other names, or the same thing more coarsely, such as an age
band beside an age. The former are measured once. The latter keep groups of their own, so that many small groups of the
finer one silence nothing, but make no pair: it would be the finer one again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations, starmap

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.errors import list_names
from ratchet.evaluation.resampling import Codes
from ratchet.evaluation.slices.columns import as_numbers, find_edges, name_bins, name_segments, place_in_bins
from ratchet.gates.group_claims import FairGate
from ratchet.metrics.arrays import Floats

FEW = 12  # different numbers that are rather codes than amounts: each is a group of its own
MOST_GROUPS = 500  # of one column: more of them are identifiers, which say nothing about groups of persons
ENOUGH = 5  # rows of a group on average, below which one that lies within another is no wonder
LEVEL = 0.99  # rank correlation from which two numbers put persons in the same order: an age and a year of birth
MISSING = "(missing)"
JOINED = " and "


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The groups of one sensitive column or of two.

    Attributes:
        columns: the columns.
        codes: each row's group, as codes from 0 without gaps.
        names: each group's name; empty where there is a problem.
        is_graded: whether groups are ranges of amounts.
        same_as: the column that has the same groups; None when none before it has.
        told_by: the column that says the same and more; None when there is none.
        problem: why rows can't be grouped; None when they can.
    """

    columns: tuple[str, ...]
    codes: Codes
    names: tuple[str, ...]
    is_graded: bool = False
    same_as: str | None = None
    told_by: str | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """The columns in one word."""
        return JOINED.join(self.columns)

    @property
    def rows(self) -> Codes:
        """How many rows each group has."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.intp)

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        """Which rows have no value."""
        return np.isin(self.codes, [place for place, name in enumerate(self.names) if name == MISSING])


def group_rows(config: ModelConfig, frame: pd.DataFrame) -> tuple[Grouping, ...]:
    """Group rows by each sensitive column and, where the YAML asks for it, by each pair."""
    single = _fold([group_column(config, frame, name) for name in config.data.sensitive], frame)
    if not config.evaluation.fairness.intersections:
        return tuple(single)
    several = [each for each in single if len(each.names) > 1 and each.same_as is None]  # none where there is a problem
    pairs = ((one, other) for one, other in combinations(several, 2) if not _say_the_same(one, other, frame))
    return (*single, *starmap(_cross, pairs))


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
        grouping = replace(_cut(as_numbers(column), name, plan.bins.get(name), plan.quantiles), is_graded=True)
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
    return replace(_compress(target[grouping.codes], [*names, pooled], grouping.name), is_graded=grouping.is_graded)


def _cross(one: Grouping, other: Grouping) -> Grouping:
    joint = one.codes * len(other.names) + other.codes
    present, inverse = np.unique(joint, return_inverse=True)
    names = (f"{one.names[code // len(other.names)]}, {other.names[code % len(other.names)]}" for code in present)
    return Grouping(columns=(*one.columns, *other.columns), codes=inverse.astype(np.intp), names=tuple(names))


def _fold(groupings: Sequence[Grouping], frame: pd.DataFrame) -> list[Grouping]:
    """Mark the columns that say what another one says; a problem is no column to compare with."""
    folded = list[Grouping]()
    for each in groupings:
        twin = next((one for one in folded if one.same_as is None and _is_same(one, each)), None)
        folded.append(each if twin is None else replace(each, same_as=twin.name))
    return [replace(each, told_by=_find_teller(each, folded, frame)) for each in folded]


def group_given(config: ModelConfig, frame: pd.DataFrame) -> Grouping | None:
    """Group rows by the levels of the factors that the YAML gives; None when it gives none."""
    given = [group_column(config, frame, name) for name in config.evaluation.fairness.given]
    problem = next((each for each in given if each.problem), None)
    return problem or (reduce(_cross, given) if given else None)


def _say_the_same(one: Grouping, other: Grouping, frame: pd.DataFrame) -> bool:
    return _tells(one, other, frame) or _tells(other, one, frame)


def _find_teller(grouping: Grouping, every: Sequence[Grouping], frame: pd.DataFrame) -> str | None:
    """Return the first column that tells more than this one; of two that tell one another the first is kept."""
    for other in every:
        if other.columns == grouping.columns:
            continue
        is_later = every.index(other) > every.index(grouping)
        if _tells(other, grouping, frame) and not (is_later and _tells(grouping, other, frame)):
            return other.name
    return None


def _is_same(one: Grouping, other: Grouping) -> bool:
    """Tell whether two columns have the same groups, whatever these are called."""
    if not len(one.names) == len(other.names) > 1:
        return False
    return len(np.unique(one.codes * len(other.names) + other.codes)) == len(one.names)


def _tells(one: Grouping, other: Grouping, frame: pd.DataFrame) -> bool:
    """Tell whether a column says all that another one says, on the rows where both are known."""
    if min(len(one.names), len(other.names)) < 2 or one.same_as or other.same_as:
        return False
    known = ~(one.is_missing | other.is_missing)
    if one.is_graded:
        return _orders(as_numbers(frame[one.name])[known], other, frame, known)
    return _holds(one.codes[known], other.codes[known])


def _orders(numbers: Floats, other: Grouping, frame: pd.DataFrame, known: NDArray[np.bool_]) -> bool:
    """Tell whether amounts order rows as another column's amounts do, or keep each of its groups in a range."""
    if other.is_graded:
        amounts = as_numbers(frame[other.name])[known]
        return bool(abs(pd.Series(numbers).corr(pd.Series(amounts), method="spearman")) >= LEVEL)
    ranges = pd.Series(numbers).groupby(other.codes[known]).agg(["min", "max"]).sort_values("min")
    lower, upper = ranges["min"].to_numpy(), ranges["max"].to_numpy()
    return len(ranges) > 1 and bool((lower[1:] > upper[:-1]).all())


def _holds(one: Codes, other: Codes) -> bool:
    """Tell whether each of one column's groups lies within a group of the other, by more than chance."""
    rows = np.bincount(one)
    counts = rows[rows > 0]
    if len(counts) < 2 or counts.mean() < ENOUGH or len(np.unique(other)) < 2:
        return False
    return len(np.unique(one * (other.max() + 1) + other)) == len(counts)
