"""Evidently's side: its default test for each column, and its default rule that half of the columns make a drift."""

import warnings

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests.registry import _get_default_stattest
from evidently.legacy.core import ColumnType

from ratchet.records.columns import ColumnKind

SHARE = 0.5  # `drift_share`, Evidently's default for a drifted data set
MOST_ROWS = 5_000  # of each side


def measure_share(before: pd.DataFrame, now: pd.DataFrame, kinds: dict[str, ColumnKind], seed: int) -> float:
    """Return the share of columns that Evidently's default tests find drifted; 0 where a side has no row."""
    if before.empty or now.empty:
        return 0.0
    sides = [each if len(each) <= MOST_ROWS else each.sample(MOST_ROWS, random_state=seed) for each in (before, now)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(np.mean([_is_drifted(sides[0][name], sides[1][name], kind) for name, kind in kinds.items()]))


def _is_drifted(before: pd.Series, now: pd.Series, kind: ColumnKind) -> bool:
    column = ColumnType.Numerical if kind == ColumnKind.NUMERIC else ColumnType.Categorical
    chosen = _get_default_stattest(before, now, column)
    return bool(chosen(before, now, column, None).drifted)
