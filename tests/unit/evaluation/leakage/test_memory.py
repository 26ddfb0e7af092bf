import numpy as np
import pandas as pd
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.material import Material
from ratchet.evaluation.leakage.memory import (
    FEWEST_ROWS,
    find_future_windows,
    find_memory,
    is_sorted_by_target,
    is_told_by_the_past,
)
from ratchet.records.leakage import Strength

ROWS = 2000
FRAME = make_table(ROWS)
CHANCE = np.random.default_rng(9)


def mean_before(rows: int, *, task: str = "binary", noise: float = 0.0) -> pd.Series:
    labels = make_table(ROWS, task=task)["y"]
    return labels.shift(1).rolling(rows, min_periods=1).mean().fillna(labels.mean()) + noise * CHANCE.normal(size=ROWS)


def mean_after(rows: int, *, noise: float = 0.0) -> pd.Series:
    labels = FRAME["y"][::-1].shift(1).rolling(rows, min_periods=1).mean()[::-1].fillna(0.5)
    return labels + noise * CHANCE.normal(size=ROWS)


def material_of(values: object, rows: int = ROWS, **changes: object) -> Material:
    frame = FRAME.assign(trend=values).iloc[:rows]
    return make_material(frame, **{"method": "time", "time": HOURS} | changes)


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("rows", [1, 24])
def test_lags_and_moving_means_are_told_by_the_past(task, rows):
    frame = make_table(ROWS, task=task).assign(trend=mean_before(rows, task=task))
    assert is_told_by_the_past(make_material(frame, task=task, method="time"), "trend")


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.normal(size=ROWS),
        FRAME["y"] * 1.0,
        mean_after(12),
        mean_before(12, noise=0.2),
        np.full(ROWS, 3.0),
        np.full(ROWS, np.nan),
        np.where(FRAME["y"] == 1, "x", "z"),
    ],
    ids=["noise", "the target", "the future", "mostly noise", "constant", "empty", "category"],
)
def test_other_columns_are_not_told_by_the_past(values):
    assert not is_told_by_the_past(material_of(values), "trend")


@pytest.mark.parametrize(("rows", "is_told"), [(FEWEST_ROWS - 1, False), (FEWEST_ROWS, True)])
def test_a_few_rows_tell_of_no_past(rows, is_told):
    assert is_told_by_the_past(material_of(mean_before(1), rows), "trend") is is_told


@pytest.mark.parametrize("who", ["entity", "group"])
def test_each_entity_has_a_past_of_its_own(who):
    names = np.random.default_rng(2).permutation(np.arange(ROWS) % 20)
    frame = FRAME.assign(who=[f"w{each}" for each in names])
    frame["trend"] = frame.groupby("who")["y"].shift(1).fillna(0)
    method = "group" if who == "group" else "time"
    assert is_told_by_the_past(make_material(frame, method=method, **{who: "who"}), "trend")
    assert not is_told_by_the_past(make_material(frame.drop(columns="who"), method="time"), "trend")


@pytest.mark.parametrize(("step", "leaks"), [(-1, 1), (1, 0)], ids=["the next", "the last"])
def test_rows_of_one_category_stand_side_by_side_where_nobody_declares_an_entity(step, leaks):
    frame = FRAME.assign(who=[f"w{each}" for each in np.random.default_rng(2).permutation(np.arange(ROWS) % 20)])
    frame["trend"] = frame.groupby("who")["y"].shift(step).fillna(0) + 0.1 * CHANCE.normal(size=ROWS)
    material = make_material(frame, method="time")
    assert len(find_future_windows(material)) == leaks
    assert is_told_by_the_past(material, "trend") is not bool(leaks)
    assert not find_future_windows(make_material(frame.drop(columns="who"), method="time"))


@pytest.mark.parametrize(
    ("values", "strength"),
    [(mean_after(12), Strength.CERTAIN), (mean_after(12, noise=0.07), Strength.SUSPECTED)],
)
def test_a_window_over_later_targets_is_found(values, strength):
    (found,) = find_future_windows(material_of(values))
    assert (found.columns, found.strength) == (("trend",), strength)
    assert found.measured > found.limit


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.normal(size=ROWS),
        FRAME["y"] * 1.0,
        mean_before(12),
        mean_after(12, noise=1.0),
        np.full(ROWS, 3.0),
        np.full(ROWS, np.nan),
        np.where(CHANCE.random(ROWS) < 0.01, 1e300, CHANCE.normal(size=ROWS)),
    ],
    ids=["noise", "the target", "the past", "mostly noise", "constant", "empty", "huge"],
)
def test_other_columns_know_no_later_targets(values):
    assert find_future_windows(material_of(values)) == []


@pytest.mark.parametrize(("rows", "is_found"), [(FEWEST_ROWS - 1, False), (FEWEST_ROWS, True)])
def test_a_few_rows_tell_of_no_future(rows, is_found):
    assert bool(find_future_windows(material_of(mean_after(2), rows))) is is_found


def test_a_gap_here_and_there_hides_no_window():
    gaps = np.random.default_rng(4).random(ROWS) < 0.02
    assert find_future_windows(material_of(mean_after(12).mask(gaps)))


def test_one_class_and_a_table_without_numbers_know_nothing():
    assert find_future_windows(make_material(FRAME.assign(y=1), method="time")) == []
    assert find_future_windows(make_material(FRAME[["city", "y"]], method="time")) == []


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_errors_go_with_neighbours_only_where_these_tell_of_each_other(task):
    mood = pd.Series(np.random.default_rng(6).normal(size=ROWS)).ewm(alpha=0.05).mean()
    labels = {"binary": (mood > 0).astype(int), "multiclass": pd.qcut(mood, 3, labels=False), "regression": mood}[task]
    remembered, error = find_memory(*guess(make_table(ROWS, task=task).assign(y=labels), task))
    forgotten, _ = find_memory(*guess(make_table(ROWS, task=task), task))
    assert remembered > 0.4
    assert abs(forgotten) < 4 * error


def guess(frame: pd.DataFrame, task: str) -> tuple[Material, np.ndarray]:
    material = make_material(frame, task=task)
    return material, np.full(len(material.validation), 0.5)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_memory(label):
    assert find_memory(*guess(FRAME.assign(y=label), "binary")) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("task", "labels", "is_sorted"),
    [
        ("binary", np.repeat([0, 1], 200), True),
        ("binary", np.arange(400) // 20 % 2, True),
        ("binary", np.arange(400) // 19 % 2, False),
        ("multiclass", np.repeat(["a", "b", "c", "d"], 100), True),
        ("regression", np.arange(400.0), True),
        ("regression", -np.arange(400.0), True),
        ("regression", np.random.default_rng(1).normal(size=400), False),
    ],
)
def test_a_file_in_the_order_of_its_target_is_known(task, labels, is_sorted):
    frame = make_table(400, task=task).assign(y=labels)
    assert is_sorted_by_target(make_material(frame, task=task)) is is_sorted
