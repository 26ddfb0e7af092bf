"""The last accepted snapshot: what each column looked like, and what of the next delivery is compared with it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratchet.config.data import Data
from ratchet.data.expectations import Rule, rules_of_reference
from ratchet.data.validation import EARLIER_ROWS, NEW_ROWS
from ratchet.records.columns import ROW, TIME, ColumnKind
from ratchet.records.data import ColumnProfile, DataReport, Expectation, Table
from ratchet.records.judgement import Outcome

QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)
KIND_OF_TARGET = {
    "binary": ColumnKind.BOOLEAN,
    "multiclass": ColumnKind.CATEGORICAL,
    "regression": ColumnKind.NUMERIC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A snapshot whose check passed.

    Attributes:
        run_id: the run that took it.
        table: its facts.
        report: of its check.
    """

    run_id: str
    table: Table
    report: DataReport


def find_new(frame: pd.DataFrame, accepted: Accepted | None) -> pd.Series:
    """Return which rows are later than the accepted snapshot, or beyond its number of rows without a clock."""
    if accepted is None:
        return pd.Series(data=True, index=frame.index)
    table = accepted.table
    if table.time_to is not None and TIME in frame:
        return frame[TIME] > pd.Timestamp(table.time_to)
    return frame[ROW] >= table.rows


def find_changed(earlier: pd.DataFrame, accepted: Accepted | None, data: Data, task: str) -> pd.DataFrame:
    """Return the rows that are not new if they look different from when they were accepted, else none of them."""
    if accepted is None or earlier.empty:
        return earlier
    now = profile_snapshot(earlier, data, task)
    known = {column.name: column for column in accepted.report.profile}
    is_as_it_was = all(known.get(column.name, column) == column for column in now)
    return earlier.iloc[:0] if is_as_it_was else earlier


def list_rules(accepted: Accepted | None, data: Data, task: str, *, rows: int) -> tuple[Rule, ...]:
    """Return what an accepted snapshot asks of so many new or changed rows; nothing where there is neither."""
    if accepted is None or not rows:
        return ()
    kinds = kinds_of(data, task)
    same = [column for column in accepted.report.profile if kinds.get(column.name) == column.kind]
    # Identities are new by nature, and a binary target has its two values in any case.
    passed_over = identities_of(data) | ({data.target.column} if task == "binary" else set())
    blocking = {name: name not in data.keys for name in kinds if name not in passed_over}
    return rules_of_reference(same, blocking, data.checks, new_rows=rows)


def remark(accepted: Accepted | None, *, new_rows: int, changed_rows: int) -> tuple[Expectation, ...]:
    """Say so where rows were not compared with anything, and where accepted ones have changed since."""
    rows_checked = NEW_ROWS
    if accepted is None:
        reason = "there is no accepted snapshot yet: rows were not compared with an earlier delivery"
    elif changed_rows:
        rows_checked = EARLIER_ROWS
        reason = (
            f"{changed_rows} rows from the time of the snapshot of {accepted.run_id} do not look as they did there: "
            "they were compared with it too"
        )
    elif not new_rows:
        reason = f"no row is newer than the snapshot of {accepted.run_id}: nothing was compared with it"
    else:
        return ()
    only = Expectation(
        rule="compare_with_accepted_snapshot",
        column=None,
        rows_checked=rows_checked,
        origin="reference",
        blocking=False,
        outcome=Outcome.NOT_APPLICABLE,
        reason=reason,
    )
    return (only,)


def kinds_of(data: Data, task: str) -> dict[str, ColumnKind]:
    """Return the columns that are profiled, with the kind of each."""
    keys = dict.fromkeys(data.keys, ColumnKind.CATEGORICAL)
    return data.features | keys | {data.target.column: KIND_OF_TARGET[task]}


def identities_of(data: Data) -> frozenset[str]:
    """Return the columns that say who a row is about: their values are counted and never written down."""
    return frozenset(name for name in (data.group, data.entity) if name and name not in data.features)


def profile_snapshot(frame: pd.DataFrame, data: Data, task: str) -> tuple[ColumnProfile, ...]:
    """Profile the columns of a snapshot as its report keeps them."""
    kinds, kept = kinds_of(data, task), data.checks.max_categories
    return measure_profile(frame, kinds, max_categories=kept, unlisted=identities_of(data))


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
