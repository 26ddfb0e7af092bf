"""Measure how far the rows of one data frame are from those of another."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from ratchet.drift.measuring import compare_profiles
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.errors import DataError
from ratchet.library.frames import read_kinds
from ratchet.records.drift import Drift, DriftLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """The drift of two frames, as a record and as a table that a notebook shows.

    Attributes:
        drift: every figure of every column.
    """

    drift: Drift

    @property
    def table(self) -> pd.DataFrame:
        """A line a column, those that moved furthest first."""
        lines = [
            {
                "column": each.column,
                "level": each.level.value if each.level else f"not measured: {each.problem}",
                "effect": each.effect,
                "psi": each.psi.value if each.psi else None,
                "adjusted p": each.adjusted_p,
                "missing then": each.null_share_then,
                "missing now": each.null_share_now,
                "new values": each.new_share,
            }
            for each in self.drift.columns
        ]
        return pd.DataFrame(lines).sort_values("effect", ascending=False, ignore_index=True)

    def _repr_html_(self) -> str:
        rows = f"{self.drift.rows_then:,} rows then, {self.drift.rows_now:,} now"
        return f"<p>{rows}</p>{self.table.to_html(index=False, float_format=lambda value: f'{value:.3g}', border=0)}"


def measure_drift(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    limits: DriftLimits | None = None,
    seed: int = 0,
) -> DriftReport:
    """Measure the drift of each column that both frames have, with chance and the number of columns taken into account.

    Args:
        reference: the rows that the bins are made from.
        current: the rows that are compared with them.
        kinds: "numeric", "categorical" or "boolean" of columns whose dtype says something else.
        limits: when a column has a level.
        seed: of the draws that say what chance does.

    Raises:
        DataError: the frames share no column, one holds times, or `kinds` names one that is not in both.
    """
    shared = [name for name in reference.columns if name in current.columns]
    if not shared:
        raise DataError("the two frames have no column in common; give both the same names")
    watched = read_kinds(reference[shared], kinds)
    then, now = (pa.Table.from_pandas(frame[shared], preserve_index=False) for frame in (reference, current))
    bins = make_reference(then.to_batches(), watched, seed=seed)
    profiles = (profile_rows(table.to_batches(), bins) for table in (then, now))
    return DriftReport(drift=compare_profiles(bins, *profiles, limits=limits, seed=seed))
