"""Rules for a delivery: from the YAML for all rows, from the last accepted snapshot for the new ones."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ratchet.config.data import Checks, Data
from ratchet.records.columns import NUMBERS, ROW, TIME, ColumnKind
from ratchet.records.data import ColumnProfile

FOUND = "{found}"  # where a rule's sentence takes the observed value
FEW_VALUES = 10  # fewer different numbers than this say little about how far a column may reach
FEW_VALUES_REACH = 10.0  # so those may grow this many times: regimes pass, a unit error of x100 does not
SHRUNK = 10  # nearly all new numbers below a tenth of the accepted median: cents became euros, percent a share
REACHED = 0.01  # share of new numbers that must stay above that tenth
FEW_ROWS = 30  # fewer new rows than this can't block: one odd row would be a large share of them
LARGEST = sys.float_info.max
TYPE_OF_KIND = {
    ColumnKind.NUMERIC: "float64",
    ColumnKind.CATEGORICAL: "CategoricalDtypeType",
    ColumnKind.BOOLEAN: "bool",
    ColumnKind.DATETIME: "float64",
    ColumnKind.TEXT: "CategoricalDtypeType",
}
TYPE_OF_TARGET = {"binary": "int8", "multiclass": "CategoricalDtypeType", "regression": "float64"}
NAME_OF_TYPE = {
    "float64": "numbers",
    "CategoricalDtypeType": "texts",
    "bool": "booleans",
    "int8": "0 and 1",
    "int64": "whole numbers",
    "Timestamp": "times",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One expectation, before it is put to Great Expectations.

    Attributes:
        type: its name there.
        settings: its keyword arguments there.
        says: the sentence about it; `{found}` stands for what was observed.
        origin: "config", "reference" or "team".
        blocking: whether a failure stops the promotion.
    """

    type: str
    settings: Mapping[str, object]
    says: str
    origin: str
    blocking: bool = True

    @property
    def column(self) -> str | None:
        """The column that it is about; None for a rule on several or on the table."""
        found = self.settings.get("column")
        return found if isinstance(found, str) else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it reads."""
        named = [self.settings.get(key) for key in ("column", "column_A", "column_B")]
        listed = self.settings.get("column_list")
        several = listed if isinstance(listed, list | tuple) else []
        return tuple(name for name in (*named, *several) if isinstance(name, str))


def rules_of_config(data: Data, task: str) -> tuple[Rule, ...]:
    """Return what the YAML asks of every row."""
    checks = data.checks
    size = Rule(
        type="expect_table_row_count_to_be_between",
        settings={"min_value": checks.min_rows},
        says=f"the snapshot has {FOUND} rows, needs at least {checks.min_rows}",
        origin="config",
    )
    types = _types_of_columns(data, task)
    structure = [rule for name, kind in types.items() for rule in _is_there(name, kind)]
    required = [data.target.column, *([TIME] if data.has_clock else []), *(data.group, data.entity)]
    filled = [_filled(name, 0.0, "config") for name in dict.fromkeys(required) if name]
    features = [rule for name, kind in data.features.items() for rule in _rules_of_feature(name, kind, checks)]
    return (size, *structure, *filled, *_rules_of_target(data.target.column, task), *features)


def rules_of_reference(
    profile: Iterable[ColumnProfile], blocking: Mapping[str, bool], checks: Checks, *, new_rows: int
) -> tuple[Rule, ...]:
    """Return what the last accepted snapshot asks of new rows, for the columns that are named.

    `blocking` says of each column whether it may block at all: one that no model learns from only warns. Fewer
    than 30 new rows only warn, too: one odd row would already be a share above the usual limits.
    """
    known = {column.name: column for column in profile}
    chosen = [known[name] for name in blocking if name in known]
    is_enough = new_rows >= FEW_ROWS
    return tuple(
        rule
        for column in chosen
        for rule in _rules_beside(column, checks, blocking=is_enough and blocking[column.name])
    )


def _types_of_columns(data: Data, task: str) -> dict[str, str]:
    clock = {TIME: "Timestamp"} if data.has_clock else {}
    features = {name: TYPE_OF_KIND[kind] for name, kind in data.features.items()}
    keys = dict.fromkeys(data.keys, "CategoricalDtypeType")
    return {ROW: "int64"} | clock | {data.target.column: TYPE_OF_TARGET[task]} | features | keys


def _is_there(name: str, kind: str) -> tuple[Rule, Rule]:
    exists = Rule(
        type="expect_column_to_exist",
        settings={"column": name},
        says=f"column '{name}' is in the snapshot: {FOUND}",
        origin="config",
    )
    typed = Rule(
        type="expect_column_values_to_be_of_type",
        settings={"column": name, "type_": kind},
        says=f"column '{name}' holds values of type {FOUND}, should hold {NAME_OF_TYPE[kind]}",
        origin="config",
    )
    return exists, typed


def _filled(name: str, max_share: float, origin: str, *, blocking: bool = True) -> Rule:
    return Rule(
        type="expect_column_values_to_not_be_null",
        settings={"column": name, "mostly": 1 - max_share},
        says=f"{FOUND} of '{name}' is missing, at most {percent(max_share)} may be",
        origin=origin,
        blocking=blocking,
    )


def _finite(name: str) -> Rule:
    return Rule(
        type="expect_column_values_to_be_between",
        settings={"column": name, "min_value": -LARGEST, "max_value": LARGEST},
        says=f"{FOUND} of '{name}' is infinite, none may be",
        origin="config",
    )


def _rules_of_target(name: str, task: str) -> list[Rule]:
    if task == "regression":
        return [_finite(name)]
    return [
        Rule(
            type="expect_column_unique_value_count_to_be_between",
            settings={"column": name, "min_value": 2},
            says=f"the target '{name}' has {FOUND} different values, needs at least 2",
            origin="config",
        )
    ]


def _rules_of_feature(name: str, kind: ColumnKind, checks: Checks) -> Iterator[Rule]:
    if checks.max_null_share < 1:
        yield _filled(name, checks.max_null_share, "config")
    if kind in NUMBERS:
        yield _finite(name)
    if kind == ColumnKind.CATEGORICAL:
        yield Rule(
            type="expect_column_unique_value_count_to_be_between",
            settings={"column": name, "max_value": checks.max_categories},
            says=f"'{name}' has {FOUND} different values, at most {checks.max_categories} may be there",
            origin="config",
        )


def _rules_beside(column: ColumnProfile, checks: Checks, *, blocking: bool) -> Iterator[Rule]:
    max_null_share = column.null_share + checks.max_null_increase
    if max_null_share < 1:
        yield _filled(column.name, max_null_share, "reference", blocking=blocking)
    # A list that was cut short would call a rare value unseen: then there is no list to compare with.
    if column.categories and len(column.categories) == column.distinct:
        yield _seen_before(column, checks.max_unseen_share, blocking=blocking)
    if column.quantiles:
        yield from _within_reach(column, checks.max_outside_share, blocking=blocking)
        yield from _not_shrunk(column, blocking=blocking)


def _seen_before(column: ColumnProfile, max_share: float, *, blocking: bool) -> Rule:
    return Rule(
        type="expect_column_values_to_be_in_set",
        settings={"column": column.name, "value_set": list(column.categories), "mostly": 1 - max_share},
        says=f"{FOUND} of '{column.name}' was never seen before, at most {percent(max_share)} may be",
        origin="reference",
        blocking=blocking,
    )


def _within_reach(column: ColumnProfile, max_share: float, *, blocking: bool) -> tuple[Rule, Rule]:
    """Hold single numbers and their median against the accepted range; a constant has no range and only warns."""
    blocking = blocking and column.distinct > 1
    low, high = reach_of(column)
    middle_low, middle_high = reach_of_median(column)
    singles = Rule(
        type="expect_column_values_to_be_between",
        settings={"column": column.name, "min_value": low, "max_value": high, "mostly": 1 - max_share},
        says=f"{FOUND} of '{column.name}' is outside {low:.6g} to {high:.6g}, at most {percent(max_share)} may be",
        origin="reference",
        blocking=blocking,
    )
    median = Rule(
        type="expect_column_median_to_be_between",
        settings={"column": column.name, "min_value": middle_low, "max_value": middle_high},
        says=f"the median of '{column.name}' is {FOUND}, should be within {middle_low:.6g} to {middle_high:.6g}",
        origin="reference",
        blocking=blocking,
    )
    return singles, median


def _not_shrunk(column: ColumnProfile, *, blocking: bool) -> Iterator[Rule]:
    """Ask positive columns not to become tiny: a range that holds zero would never notice a division."""
    lowest, median = column.quantiles[0], column.quantiles[3]
    if lowest < 0 or median <= 0 or column.distinct < FEW_VALUES:
        return
    floor = median / SHRUNK
    yield Rule(
        type="expect_column_values_to_be_between",
        settings={"column": column.name, "min_value": floor, "mostly": REACHED},
        says=f"{FOUND} of '{column.name}' is below {floor:.6g}, at most {percent(1 - REACHED)} may be",
        origin="reference",
        blocking=blocking,
    )


def reach_of(column: ColumnProfile) -> tuple[float, float]:
    """Return how far single numbers may go: the accepted range widened by its own width on both sides."""
    low, high = column.quantiles[0], column.quantiles[-1]
    if 1 < column.distinct < FEW_VALUES:
        reach = FEW_VALUES_REACH * max(abs(low), abs(high))
        return _bounded(-reach, reach)
    return _bounded(low - (high - low), high + (high - low))


def reach_of_median(column: ColumnProfile) -> tuple[float, float]:
    """Return how far the median may go: the accepted 1-99 % range widened by its own width on both sides."""
    low, high = column.quantiles[1], column.quantiles[-2]
    if low == high or column.distinct < FEW_VALUES:
        return reach_of(column)
    return _bounded(low - (high - low), high + (high - low))


def percent(share: float) -> str:
    """Write a share as a percentage, with no more digits than it needs."""
    return f"{round(100 * share, 2):g} %"


def _bounded(low: float, high: float) -> tuple[float, float]:
    return max(low, -LARGEST), min(high, LARGEST)
