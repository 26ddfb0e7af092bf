import numpy as np
import pandas as pd
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.extremes import find_extremes

FRAME = make_table(1500, task="regression")


def roll(statistic: str, *, ahead: bool, by_shop: bool = True) -> pd.Series:
    rows = FRAME[::-1] if ahead else FRAME
    targets = rows.groupby("shop")["y"] if by_shop else rows.groupby(rows["y"].notna())["y"]
    return targets.transform(lambda each: getattr(each.shift(1).rolling(6, min_periods=1), statistic)())


@pytest.mark.parametrize("statistic", ["max", "min", "std", "sum"])
@pytest.mark.parametrize("by_shop", [True, False])
def test_statistics_of_later_targets_are_found_and_of_earlier_ones_excused(statistic, by_shop):
    for ahead in (True, False):
        frame = FRAME.assign(window=roll(statistic, ahead=ahead, by_shop=by_shop))
        found = find_extremes(make_material(frame, task="regression", method="time", time=HOURS))
        assert [each.columns for each in found] == ([("window",)] if ahead else [])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.filterwarnings("error")
def test_odd_and_unrelated_columns_are_no_windows(task):
    frame = make_table(600, task=task)
    odd = frame.assign(a=1.0, b=np.nan, c=frame["c"].where(frame["c"] > 1), shop="one")
    assert find_extremes(make_material(odd, task=task, method="time")) == []
