import numpy as np
import pandas as pd
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.encodings import find_encodings
from ratchet.records.leakage import Finding, Strength

ROWS = 2000
FRAME = make_table(ROWS)
SEEN = int(0.85 * ROWS)  # rows of train and validation in a split by time
LABELS, SHOPS = FRAME["y"], FRAME["shop"]


def find(values: object, frame: pd.DataFrame = FRAME, **changes: object) -> list[Finding]:
    return find_encodings(make_material(frame.assign(rate=values), **{"method": "time"} | changes))


def rate(rows: int = ROWS, *, smoothing: float = 0.0) -> pd.Series:
    """The rate of the target in each shop among the first rows."""
    groups = LABELS.iloc[:rows].groupby(SHOPS.iloc[:rows])
    return SHOPS.map((groups.sum() + smoothing * LABELS.iloc[:rows].mean()) / (groups.count() + smoothing))


def rate_without_itself() -> pd.Series:
    groups = LABELS.groupby(SHOPS)
    return (groups.transform("sum") - LABELS) / (groups.transform("count") - 1)


@pytest.mark.parametrize(
    "values",
    [rate(), rate(smoothing=10), np.log(rate() / (1 - rate())), rate_without_itself()],
    ids=["plain", "smoothed", "log-odds", "without itself"],
)
def test_a_rate_over_all_rows_is_certain(values):
    assert [(each.columns, each.strength) for each in find(values)] == [(("rate",), Strength.CERTAIN)]


def test_a_rate_over_all_rows_by_a_formula_that_is_nearly_known_is_suspected():
    assert [each.strength for each in find(rate(smoothing=7))] == [Strength.SUSPECTED]


@pytest.mark.parametrize("rows", [int(0.7 * ROWS), SEEN])
@pytest.mark.parametrize("smoothing", [0.0, 10.0])
def test_a_rate_without_the_holdout_is_honest(rows, smoothing):
    assert find(rate(rows, smoothing=smoothing)) == []


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_rates_and_means_of_other_targets_are_found_too(task):
    frame = make_table(ROWS, task=task)
    answers = frame["y"] if task == "regression" else (frame["y"] == "low") * 1.0
    assert [each.columns for each in find(answers.groupby(SHOPS).transform("mean"), frame, task=task)] == [("rate",)]


def test_the_exact_rate_of_two_categories_is_found_and_one_of_training_rows_is_not():
    group = FRAME["city"] == "Oslo"
    honest = LABELS.iloc[:SEEN].groupby(group.iloc[:SEEN]).mean()
    assert [each.strength for each in find(LABELS.groupby(group).transform("mean"))] == [Strength.CERTAIN]
    assert find(group.map(honest)) == []


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        (FRAME["c"].rank(), True),
        (FRAME["c"].rank(pct=True), True),
        (FRAME["c"].rank().where(FRAME.index != 5, ROWS + 2), False),
        (np.arange(ROWS), False),
        (FRAME["c"].round(1).rank(), False),
    ],
    ids=["rank", "share", "with a gap", "row number", "with ties"],
)
def test_a_rank_over_all_rows_is_suspected(values, is_found):
    assert [each.strength for each in find(values)] == ([Strength.SUSPECTED] if is_found else [])


@pytest.mark.parametrize(
    "values",
    [np.full(ROWS, 3.0), np.full(ROWS, np.nan), rate().where(FRAME.index != 9), np.zeros(ROWS), LABELS * 1.0],
    ids=["constant", "empty", "one gap", "zeros", "the target"],
)
def test_odd_columns_are_no_rates(values):
    assert find(values) == []


def test_a_target_of_one_class_has_no_rates():
    assert find(rate(), FRAME.assign(y=1)) == []


@pytest.mark.parametrize("sizes", [(3, 2, 2), (20, 1, 0)])
def test_tiny_tables_have_no_rates(sizes):
    ends = np.cumsum(sizes)
    parts = [range(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    assert find(FRAME["c"], parts=parts) == []


def test_a_table_without_numbers_has_no_rates():
    assert find_encodings(make_material(FRAME[["city", "shop", "y"]])) == []


@pytest.mark.parametrize(("shops", "is_found"), [(7, False), (8, True)])
def test_rates_by_fewer_than_eight_categories_look_like_any_other(shops, is_found):
    frame = FRAME.assign(shop=[f"s{at}" for at in np.random.default_rng(5).integers(0, shops, ROWS)])
    smoothed = frame.groupby("shop")["y"].agg(["sum", "count"])
    values = frame["shop"].map((smoothed["sum"] + 7 * LABELS.mean()) / (smoothed["count"] + 7))
    assert bool(find(values, frame)) is is_found
