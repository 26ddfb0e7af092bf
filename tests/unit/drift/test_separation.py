import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ratchet.drift.separation import judge_scores, measure_baseline_separation, measure_separation, separate_rows


def make_frame(rows: int, seed: int, alike: float = 0.0) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    first, second = chance.normal(size=(2, rows))
    second = alike * first + np.sqrt(1 - alike**2) * second
    return pd.DataFrame({"a": first, "b": second, "c": chance.choice(["x", "y", None], rows)})


def test_drift_that_no_single_column_shows_is_found():
    found = measure_separation(make_frame(1000, 0), make_frame(1000, 1, alike=0.8))
    assert found.p_value < 0.001
    assert 0.5 < found.lower < found.auc < found.upper < 1


def test_rows_without_drift_are_seldom_told_apart():
    p_values = [measure_separation(make_frame(150, seed), make_frame(150, 1000 + seed)).p_value for seed in range(20)]
    assert sum(p_value <= 0.05 for p_value in p_values) <= 4


def test_the_same_seed_gives_the_same_figures():
    frames = make_frame(100, 0), make_frame(100, 1)
    assert measure_separation(*frames, seed=3) == measure_separation(*frames, seed=3)


def test_tied_scores_say_nothing():
    assert judge_scores(np.ones(10), np.arange(10) < 5)[0::2] == (0.5, 1.0)


def test_perfect_scores_have_an_area_of_one():
    area, _, p_value = judge_scores(np.arange(40.0), np.arange(40) >= 20)
    assert area == 1.0
    assert p_value < 1e-6


@pytest.mark.parametrize(
    ("then", "now", "problem"),
    [
        (pd.DataFrame({"a": []}), pd.DataFrame({"a": range(100)}), "fewer than 40 rows"),
        (pd.DataFrame({"a": range(100)}), pd.DataFrame({"b": range(100)}), "no column in common"),
    ],
)
def test_what_can_not_be_told_apart_is_a_problem(then, now, problem):
    found = measure_separation(then, now)
    assert problem in found.problem
    assert found.auc is None


@pytest.mark.parametrize("values", [[np.nan] * 60, [np.inf, 1.0] * 30, [True, None] * 30, [2**62] * 60, ["a"] * 60])
def test_odd_columns_are_no_error(values):
    frame = pd.DataFrame({"x": values})
    assert 0 <= measure_separation(frame, frame).p_value <= 1


def test_windows_that_differ_have_a_usual_area_and_others_have_none():
    rows = make_frame(900, 0)
    windows = np.repeat(np.arange(3), 300)
    alike = measure_baseline_separation(rows, windows)
    apart = measure_baseline_separation(rows.assign(a=rows["a"] + 2 * windows), windows)
    assert alike == pytest.approx(0.5, abs=0.08)
    assert apart is not None
    assert apart > 0.9


@pytest.mark.parametrize("windows", [np.repeat([0, 1], 450), np.full(900, -1), np.arange(900)])
def test_too_few_or_too_short_windows_have_no_usual_area(windows):
    assert measure_baseline_separation(make_frame(900, 0), windows) is None


def test_windows_of_the_reference_are_measured_only_where_asked_for():
    frames = make_frame(300, 0), make_frame(300, 1)
    then, now = (pa.Table.from_pandas(frame) for frame in frames)
    plain = separate_rows(then, now, ["a", "b", "lost"], numbers=None, seed=2)
    assert plain == measure_separation(*(frame[["a", "b"]] for frame in frames), seed=2)
    numbers = np.arange(300) // 60
    beside = separate_rows(then, now, ["a", "b"], numbers=numbers, seed=2)
    assert beside.seasonal_baseline == measure_baseline_separation(frames[0][["a", "b"]], numbers, seed=2)
    assert separate_rows(then, now, [], numbers=numbers, seed=2).problem
