""""""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import t as student

from builders.drifts import draw, make_profile, profile_reference
from ratchet.drift.distances import IndexParts
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.seasonal_baseline import (
    MOST_EARLIER,
    MOST_WINDOWS,
    NO_WINDOW,
    find_trends,
    list_earlier,
    measure_earlier,
    measure_effects,
    measure_seasonal_baseline,
    number_windows,
    profile_windows,
)
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import DriftLevel
from ratchet.records.files import FileRef
from ratchet.records.monitoring import StoredProfile
from ratchet.records.profile import ColumnCounts, Profile, Reference
from ratchet.timeline import Moment, Window

WINDOW_ROWS, WINDOWS = 500, 10
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def cut(rows: dict[str, np.ndarray], **kinds: str) -> tuple[Reference, Profile, list[Profile]]:
    """Make a reference of rows, and profiles of its windows."""
    reference, whole = profile_reference(rows, **kinds)
    edges = range(0, len(next(iter(rows.values()))), WINDOW_ROWS)
    return reference, whole, [
        make_profile(reference, {name: values[at : at + WINDOW_ROWS] for name, values in rows.items()}) for at in edges
    ]  # fmt: skip


def wander(seed: int, step: float = 1.0) -> np.ndarray:
    """Rows of which each window has a mean of its own."""
    means = np.random.default_rng(seed).normal(0, step, WINDOWS)
    return draw(WINDOW_ROWS * WINDOWS, seed) + np.repeat(means, WINDOW_ROWS)


def baseline_of(values: np.ndarray, **kinds: str) -> float:
    reference, whole, windows = cut({"x": values}, **kinds)
    found = measure_seasonal_baseline(reference, whole, windows, significance=0.01)["x"]
    return found.values + found.extras


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_usual_of_rows_that_stand_for_themselves(seed):
    assert baseline_of(draw(WINDOW_ROWS * WINDOWS, seed)) == 0.0


def test_rows_that_hang_together_have_a_usual_drift():
    assert baseline_of(wander(0)) > 0.5
    assert baseline_of(np.sort(draw(WINDOW_ROWS * WINDOWS))) > 1


def test_categories_that_come_in_turns_are_usual():
    assert baseline_of(np.repeat([f"c{at}" for at in range(WINDOWS)], WINDOW_ROWS), x=ColumnKind.CATEGORICAL) > 1


def test_rare_categories_of_a_window_are_known_and_not_new():
    chance = np.random.default_rng(0)
    names = np.where(chance.random(5_000) < 0.5, "a", [f"k{at}" for at in range(5_000)])
    assert baseline_of(names, x=ColumnKind.CATEGORICAL) == 0.0


def test_what_is_usual_is_no_drift_and_what_is_further_is():
    values = wander(0)
    reference, whole, windows = cut({"x": values})
    baseline = measure_seasonal_baseline(reference, whole, windows, significance=0.01)
    near = make_profile(reference, {"x": draw(WINDOW_ROWS, 99) + 1.2})
    far = make_profile(reference, {"x": draw(WINDOW_ROWS, 99) + 6})
    alone = compare_profiles(reference, whole, near).columns[0]
    told = compare_profiles(reference, whole, near, baseline=baseline).columns[0]
    assert (alone.level, alone.seasonal_baseline) == (DriftLevel.ACT, None)
    assert (told.level, told.seasonal_baseline) == (DriftLevel.NONE, baseline["x"].values)
    assert told.effect == pytest.approx(max(0.0, (alone.effect or 0) - baseline["x"].values))
    assert compare_profiles(reference, whole, far, baseline=baseline).columns[0].level is DriftLevel.ACT


@pytest.mark.parametrize("windows", [0, 1, 2])
def test_too_few_windows_say_nothing(windows):
    reference, whole, parts = cut({"x": wander(0)})
    assert measure_seasonal_baseline(reference, whole, parts[:windows], significance=0.01) == {}


def test_windows_without_rows_do_not_count():
    reference, whole, parts = cut({"x": wander(0)})
    empty = replace(parts[0], rows=0)
    assert measure_seasonal_baseline(reference, whole, [*parts[:2], empty], significance=0.01) == {}


def test_of_many_windows_the_furthest_twentieth_is_left_out():
    reference, whole, _ = cut({"x": draw(5_000)})
    same = [make_profile(reference, {"x": draw(WINDOW_ROWS, seed)}) for seed in range(39)]
    one_far = make_profile(reference, {"x": draw(WINDOW_ROWS) + 5})
    assert measure_seasonal_baseline(reference, whole, [*same, one_far], significance=0.01)["x"] == IndexParts(
        values=0.0, extras=0.0
    )


def test_one_more_of_few_windows_may_be_further_than_all_of_them():
    beyond = 0
    for seed in range(20):
        reference, whole, (*known, new) = cut({"x": wander(seed, step=0.4)})
        baseline = measure_seasonal_baseline(reference, whole, known, significance=0.01)["x"].values
        effect = measure_effects(reference, whole, new, baseline={})["x"]
        assert effect is not None
        beyond += effect > baseline
    assert beyond <= 3  # of 20 that are like the others 1 is expected


def test_the_bound_on_one_more_window_is_student_s():
    """Six of twelve windows are like the whole, six are equally far: with r the root of that effect, the roots have the
    mean r / 2 and the variance r^2 / 4 * 12 / 11, and one more adds a twelfth to it.
    """
    ups = [250] * 6 + [350] * 3 + [150] * 3  # rows of 500 in which the value is "a"
    rows = np.concatenate([np.where(np.arange(WINDOW_ROWS) < up, "a", "b") for up in ups])
    reference, whole, windows = cut({"x": rows}, x=ColumnKind.CATEGORICAL)
    found = measure_seasonal_baseline(reference, whole, windows, significance=0.01)["x"]
    rest = make_profile(reference, {"x": rows[: -1 * WINDOW_ROWS]})
    effect = measure_effects(reference, rest, windows[-1], baseline={})["x"]
    root = 0.5 + student.ppf(0.95, 11) * np.sqrt(12 / 11 / 4) * np.sqrt(1 + 1 / 12)
    assert found.values == pytest.approx(root**2 * effect, rel=0.01)


def test_a_column_that_was_not_counted_is_left_out():
    reference, whole, parts = cut({"x": draw(5_000), "y": draw(5_000)})
    spoilt = replace(whole, columns=(whole.columns[0], ColumnCounts(name="y", problem="texts")))
    assert set(measure_seasonal_baseline(reference, spoilt, parts, significance=0.01)) == {"x"}


def test_effects_alone_are_those_of_the_whole_measurement():
    reference, whole, _ = cut({"x": draw(5_000), "y": draw(5_000)})
    now = make_profile(reference, {"x": draw(1_000, 1) + 0.5, "y": draw(1_000, 2)})
    effects = measure_effects(reference, whole, now, baseline={"x": IndexParts(values=0.01, extras=0.0)})
    drift = compare_profiles(reference, whole, now, baseline={"x": IndexParts(values=0.01, extras=0.0)})
    assert effects == {each.column: pytest.approx(each.effect, abs=2e-3) for each in drift.columns}


def test_a_window_without_rows_has_no_effects():
    reference, whole, _ = cut({"x": draw(5_000)})
    nothing = make_profile(reference, {"x": pa.array([], pa.float64())})
    assert measure_effects(reference, whole, nothing, baseline={}) == {"x": None}
    spoilt = replace(whole, columns=(ColumnCounts(name="x", problem="texts"),))
    assert measure_effects(reference, whole, spoilt, baseline={}) == {"x": None}


def test_values_that_always_wander_excuse_no_missing_ones():
    reference, whole, windows = cut({"x": wander(0, step=2.0)})
    baseline = measure_seasonal_baseline(reference, whole, windows, significance=0.01)
    now = draw(WINDOW_ROWS, 99)
    now[: WINDOW_ROWS // 10] = np.nan
    column = compare_profiles(reference, whole, make_profile(reference, {"x": now}), baseline=baseline).columns[0]
    assert column.psi is not None
    assert column.seasonal_baseline is not None
    assert column.seasonal_baseline > column.psi.value
    assert column.level is DriftLevel.ACT


def test_values_that_are_missing_at_times_are_usual_as_well():
    rows = draw(WINDOW_ROWS * WINDOWS)
    rows[: 2 * WINDOW_ROWS : 4] = np.nan
    reference, whole, windows = cut({"x": rows})
    baseline = measure_seasonal_baseline(reference, whole, windows, significance=0.01)
    now = draw(WINDOW_ROWS, 99)
    now[::5] = np.nan
    column = compare_profiles(reference, whole, make_profile(reference, {"x": now}), baseline=baseline).columns[0]
    assert column.level is DriftLevel.NONE
    assert baseline["x"].extras > baseline["x"].values


@pytest.mark.parametrize(
    ("moments", "span", "numbers"),
    [
        ([0, 1, 2, 3, 4, 5], 2, [0, 0, 1, 1, 2, 2]),
        ([0, 1, 2, 3, 4], 2, [0, 0, 1, 1, NO_WINDOW]),  # the last is not full
        ([5, 3, 0, 4], 3, [1, 1, 0, 1]),
        ([7, 7, 7], 100, [0, 0, 0]),
        ([0, 9], 0, None),
        ([], 3, []),
    ],
)
def test_rows_are_numbered_by_the_window_that_they_are_in(moments, span, numbers):
    found = number_windows(np.array(moments, np.int64), span)
    assert len(found) == len(moments)
    if numbers is not None:
        assert found.tolist() == numbers


def test_of_very_many_windows_some_are_taken_evenly():
    numbers = number_windows(np.arange(100_000), 10)
    taken = np.unique(numbers[numbers != NO_WINDOW])
    assert len(taken) == MOST_WINDOWS
    assert (taken[0], taken[-1]) == (0, 9_999)
    assert np.ptp(np.diff(taken)) <= 1


def test_profiles_of_windows_are_those_of_their_rows_in_any_order_and_batch():
    values = draw(1_000)
    reference, _ = profile_reference({"x": values})
    order = np.random.default_rng(0).permutation(1_000)
    numbers = number_windows(np.arange(1_000), 250)
    batches = pa.table({"x": values[order]}).to_batches(max_chunksize=300)
    found = profile_windows(batches, numbers[order], reference)
    expected = [make_profile(reference, {"x": values[at : at + 250]}) for at in range(0, 1_000, 250)]
    assert [each.columns[0].cells for each in found] == [each.columns[0].cells for each in expected]


def test_rows_in_no_window_are_left_out():
    reference, _ = profile_reference({"x": draw(10)})
    batches = pa.table({"x": draw(10)}).to_batches()
    assert profile_windows(batches, np.full(10, NO_WINDOW), reference) == ()


def store(start: Moment, end: Moment, name: str = "p") -> StoredProfile:
    file = FileRef(path=name, sha256="0" * 64, size_bytes=1)
    return StoredProfile(window=Window(start=start, end=end), file=file, rows=1)


def days(first: int, last: int) -> list[StoredProfile]:
    return [store(BEGIN + at * DAY, BEGIN + (at + 1) * DAY) for at in range(first, last)]


def test_windows_are_as_long_as_the_last_and_share_no_rows():
    window = Window(start=BEGIN + 21 * DAY, end=BEGIN + 28 * DAY)
    found = list_earlier(window, days(0, 21))
    assert [len(stored) for _, stored in found] == [7, 7, 7]
    assert [each.start for each, _ in found] == [BEGIN, BEGIN + 7 * DAY, BEGIN + 14 * DAY]
    assert all(each.end - each.start == 7 * DAY for each, _ in found)


def test_rows_of_data_without_a_clock_are_windows_too():
    found = list_earlier(Window(start=300, end=400), [store(at, at + 50) for at in range(0, 300, 50)])
    assert [(each.start, each.end, len(stored)) for each, stored in found] == [
        (0, 100, 2),
        (100, 200, 2),
        (200, 300, 2),
    ]


def test_a_gap_ends_the_row():
    window = Window(start=BEGIN + 21 * DAY, end=BEGIN + 28 * DAY)
    assert len(list_earlier(window, [*days(0, 7), *days(14, 21)])) == 1
    assert list_earlier(window, []) == []


def test_only_so_many_are_looked_at():
    assert len(list_earlier(Window(start=100, end=101), [store(at, at + 1) for at in range(100)])) == MOST_EARLIER


def test_each_is_measured_from_its_profiles():
    reference, whole = profile_reference({"x": draw(2_000)})
    profiles = {
        "a": make_profile(reference, {"x": draw(500, 1)}),
        "b": make_profile(reference, {"x": draw(500, 2) + 2}),
    }
    windows = list_earlier(Window(start=20, end=30), [store(0, 10, "a"), store(10, 20, "b")])
    first, second = measure_earlier(windows, lambda each: profiles[each.file.path], reference, whole, {})
    assert first.effects["x"] == pytest.approx(0, abs=0.02)
    assert second.effects["x"] is not None
    assert second.effects["x"] > 1
    assert second.window == Window(start=10, end=20)


@pytest.mark.parametrize(
    ("effects", "rises"),
    [
        ([0.0, 0.1, 0.2, 0.3], 3),
        ([0.5, 0.1, 0.2, 0.3], None),
        ([0.5, 0.0, 0.1, 0.2, 0.3], 3),
        ([0.1, 0.2, 0.3, 0.3], None),
        ([0.1, 0.2, 0.3, 0.2], None),
        ([0.0, None, 0.1, 0.2], None),
        ([0.1], None),
        ([], None),
    ],
)
def test_a_trend_rises_in_each_window_up_to_the_last(effects, rises):
    trends = find_trends([{"x": effect} for effect in effects], windows=3)
    assert [trend.windows for trend in trends] == ([] if rises is None else [rises])


def test_a_trend_says_from_where_to_where_and_how_often_by_chance():
    (trend,) = find_trends([{"x": effect} for effect in (0.9, 0.0, 0.1, 0.2, 0.3)], windows=2)
    assert (trend.column, trend.first, trend.last) == ("x", 0.0, 0.3)
    assert trend.p_value == pytest.approx(1 / 24)
