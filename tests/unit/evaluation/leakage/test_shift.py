import numpy as np
import pandas as pd
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.shift import FEWEST_ROWS, count_groups, find_row_numbers, find_shift
from ratchet.records.leakage import Finding, Strength

ROWS = 3000
PARTS = [range(1500), range(1500, 1600), range(1600, ROWS)]
FRAME = make_table(ROWS)
RISING = np.arange(ROWS) * 3.0 + 7


def numbers(values: object, **changes: object) -> list[Finding]:
    return find_row_numbers(make_material(FRAME.assign(no=values), **changes))


def shift(frame: pd.DataFrame, **changes: object) -> list[Finding]:
    return find_shift(make_material(frame, **{"parts": PARTS} | changes))


def moved(by: float) -> pd.DataFrame:
    return FRAME.assign(d=FRAME["d"] + np.where(FRAME.index >= 1600, by, 0.0))


def with_steps_back(count: int) -> np.ndarray:
    values = RISING.copy()
    values[np.arange(count) * 50 + 10] -= 4
    return values


@pytest.mark.parametrize(("values", "word"), [(RISING, "rises"), (-RISING, "falls")])
@pytest.mark.parametrize("method", ["random", "time"])
def test_a_number_that_moves_one_way_with_every_row_is_a_row_number(values, word, method):
    (found,) = numbers(values, method=method)
    assert (found.columns, found.strength, found.measured) == (("no",), Strength.SUSPECTED, 1.0)
    assert f"it {word} in" in found.reason


@pytest.mark.parametrize(("steps_back", "is_found"), [(0, True), (2, True), (3, False)])
def test_one_step_in_a_thousand_may_go_back(steps_back, is_found):
    assert bool(numbers(with_steps_back(steps_back))) is is_found


@pytest.mark.parametrize(
    "values",
    [
        RISING + 0.5,
        np.where(RISING == 10, np.nan, RISING),
        np.full(ROWS, np.nan),
        np.full(ROWS, 3.0),
        np.arange(ROWS) // 2,
        [f"n{each}" for each in RISING],
    ],
    ids=["no whole numbers", "one gap", "empty", "constant", "in pairs", "category"],
)
def test_other_columns_are_no_row_numbers(values):
    assert numbers(values) == []


@pytest.mark.parametrize("parts", [[range(1), range(0), range(0)], [range(0), range(0), range(0)]])
def test_one_row_and_none_have_no_row_numbers(parts):
    assert numbers(RISING, parts=parts) == []


def test_a_column_that_tells_train_from_holdout_is_named():
    (found,) = shift(moved(1.5))
    assert (found.columns, found.strength) == (("d",), Strength.SUSPECTED)
    assert found.measured > found.limit == 0.6


@pytest.mark.parametrize(("limit", "is_found"), [(0.6, True), (0.7, True), (0.95, False)])
def test_how_well_they_may_be_told_apart_is_the_yamls(limit, is_found):
    assert bool(shift(moved(1.5), gate={"max_shift": limit})) is is_found


def test_a_limit_that_chance_passes_is_not_enough():
    assert shift(FRAME, gate={"max_shift": 0.501}) == []


def test_in_a_split_by_time_rows_may_differ():
    assert shift(moved(1.5), method="time") == []


@pytest.mark.parametrize(("rows", "is_found"), [(150, False), (300, True)])
def test_both_halves_of_both_sides_need_a_hundred_rows(rows, is_found):
    parts = [range(1500), range(1500, 1600), range(1600, 1600 + rows)]
    assert FEWEST_ROWS == 100
    assert bool(shift(moved(9.0), parts=parts)) is is_found


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.assign(a=1.0, b=np.nan, city=None, shop="one"),
        FRAME[["a", "y"]].assign(a=np.nan),
        FRAME[["city", "y"]],
        FRAME.assign(y=0),
    ],
    ids=["unmoved", "partly odd", "empty", "one category", "one class"],
)
def test_rows_that_nothing_tells_apart_are_no_shift(frame):
    assert shift(frame) == []


@pytest.mark.parametrize("parts", [[range(0)] * 3, [range(3), range(3, 4), range(4, 6)], [range(1500), [], []]])
def test_tiny_and_empty_parts_can_not_be_told_apart(parts):
    assert shift(moved(9.0), parts=parts) == []


def test_groups_are_counted_only_where_rows_are_divided_by_them():
    frame = FRAME.assign(who=[f"w{at // 10}" for at in range(ROWS)])
    assert count_groups(make_material(frame, parts=PARTS, group="who", method="group")) == 140
    assert count_groups(make_material(frame, parts=PARTS)) is None
