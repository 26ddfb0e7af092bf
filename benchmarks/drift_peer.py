"""Evidently's side of `benchmarks.drift`."""

import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from evidently import Report
from evidently.legacy.calculations.stattests import psi_stat_test
from evidently.legacy.calculations.stattests.registry import _get_default_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset


def peer_alarms(before: pa.Table, now: pa.Table) -> tuple[list[bool], list[bool]]:
    """Return the columns on which Evidently's PSI, and the test that it takes by default, see drift."""
    frames = before.to_pandas(), now.to_pandas()
    psi, default = [], []
    for name in before.column_names:
        then, current = frames[0][name], frames[1][name]
        chosen = _get_default_stattest(then, current, ColumnType.Numerical)
        psi.append(bool(psi_stat_test(then, current, ColumnType.Numerical, None).drifted))
        default.append(bool(chosen(then, current, ColumnType.Numerical, None).drifted))
    return psi, default


def time_peer(then_path: Path, now_path: Path) -> float:
    """Return the seconds of Evidently's PSI preset on two Parquet files that are frames already."""
    then, now = pd.read_parquet(then_path), pd.read_parquet(now_path)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        Report([DataDriftPreset(method="psi")]).run(now, then)
        return time.perf_counter() - began
