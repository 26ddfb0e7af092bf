import numpy as np
import pandas as pd
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.combinations import find_combined_rates

ROWS = 4000
FRAME = make_table(ROWS)
SEEN = int(0.85 * ROWS)  # rows of train and validation in a split by time


def log_odds(keys: list[str], rows: int = ROWS) -> pd.Series:
    by = FRAME.iloc[:rows].groupby(keys)["y"].agg(["sum", "count"])
    odds = np.log((by["sum"] + 1) / (by["count"] - by["sum"] + 1)).rename("odds")
    return FRAME.join(odds, on=keys)["odds"].fillna(0.0)


@pytest.mark.parametrize("keys", [["shop"], ["shop", "city"], ["shop", "city", "kind"]])
@pytest.mark.parametrize(("rows", "is_found"), [(ROWS, True), (SEEN, False), (int(0.7 * ROWS), False)])
def test_rates_by_columns_together_are_told_by_their_order(keys, rows, is_found, monkeypatch):
    monkeypatch.setitem(FRAME, "kind", np.where(np.arange(ROWS) % 2, "new", "old").astype(object))
    frame = FRAME.assign(odds=log_odds(keys, rows))
    found = find_combined_rates(make_material(frame, method="time"))
    assert [each.columns for each in found] == ([("odds",)] if is_found else [])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.filterwarnings("error")
def test_other_and_odd_columns_are_no_rates(task):
    frame = make_table(900, task=task)
    level = frame["shop"].map({name: at / 7 for at, name in enumerate(sorted(set(frame["shop"])))})
    assert find_combined_rates(make_material(frame.assign(level=level, a=0.5, b=np.nan), task=task)) == []
    assert find_combined_rates(make_material(frame.drop(columns=["shop", "city"]), task=task)) == []
