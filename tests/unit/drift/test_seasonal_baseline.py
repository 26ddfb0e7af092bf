from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from builders.drifts import draw, make_profile, make_watch
from ratchet.drift.distances import Parts
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.seasonal_baseline import (
    MOST_STRETCHES,
    NO_STRETCH,
    measure_effects,
    measure_usual,
    number_stretches,
    profile_stretches,
)
from ratchet.records.drift import DriftLevel
from ratchet.records.profile import ColumnCounts, Profile, Reference

STRETCH, STRETCHES = 500, 10


def cut(rows: dict[str, np.ndarray], **kinds: str) -> tuple[Reference, Profile, list[Profile]]:
    """Make a reference of rows, and profiles of its stretches."""
    reference, whole = make_watch(rows, **kinds)
    edges = range(0, len(next(iter(rows.values()))), STRETCH)
    return reference, whole, [
        make_profile(reference, {name: values[at : at + STRETCH] for name, values in rows.items()}) for at in edges
    ]  # fmt: skip


def wander(seed: int, step: float = 1.0) -> np.ndarray:
    """Rows of which each stretch has a mean of its own."""
    means = np.random.default_rng(seed).normal(0, step, STRETCHES)
    return draw(STRETCH * STRETCHES, seed) + np.repeat(means, STRETCH)


def usual_of(values: np.ndarray, **kinds: str) -> float:
    reference, whole, stretches = cut({"x": values}, **kinds)
    found = measure_usual(reference, whole, stretches, significance=0.01)["x"]
    return found.values + found.extras


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_usual_of_rows_that_stand_for_themselves(seed):
    assert usual_of(draw(STRETCH * STRETCHES, seed)) == 0.0


def test_rows_that_hang_together_have_a_usual_drift():
    assert usual_of(wander(0)) > 0.5
    assert usual_of(np.sort(draw(STRETCH * STRETCHES))) > 1


def test_categories_that_come_in_turns_are_usual():
    assert usual_of(np.repeat([f"c{at}" for at in range(STRETCHES)], STRETCH), x="category") > 1


def test_rare_categories_of_a_stretch_are_known_and_not_new():
    chance = np.random.default_rng(0)
    names = np.where(chance.random(5_000) < 0.5, "a", [f"k{at}" for at in range(5_000)])
    assert usual_of(names, x="category") == 0.0


def test_what_is_usual_is_no_drift_and_what_is_further_is():
    values = wander(0)
    reference, whole, stretches = cut({"x": values})
    usual = measure_usual(reference, whole, stretches, significance=0.01)
    near = make_profile(reference, {"x": draw(STRETCH, 99) + 1.2})
    far = make_profile(reference, {"x": draw(STRETCH, 99) + 6})
    alone = compare_profiles(reference, whole, near).columns[0]
    told = compare_profiles(reference, whole, near, usual=usual).columns[0]
    assert (alone.level, alone.usual) == (DriftLevel.ACT, None)
    assert (told.level, told.usual) == (DriftLevel.NONE, usual["x"].values)
    assert told.effect == pytest.approx(max(0.0, (alone.effect or 0) - usual["x"].values))
    assert compare_profiles(reference, whole, far, usual=usual).columns[0].level is DriftLevel.ACT


@pytest.mark.parametrize("stretches", [0, 1, 2])
def test_too_few_stretches_say_nothing(stretches):
    reference, whole, parts = cut({"x": wander(0)})
    assert measure_usual(reference, whole, parts[:stretches], significance=0.01) == {}


def test_stretches_without_rows_do_not_count():
    reference, whole, parts = cut({"x": wander(0)})
    empty = replace(parts[0], rows=0)
    assert measure_usual(reference, whole, [*parts[:2], empty], significance=0.01) == {}


def test_of_many_stretches_the_furthest_twentieth_is_left_out():
    reference, whole, _ = cut({"x": draw(5_000)})
    same = [make_profile(reference, {"x": draw(STRETCH, seed)}) for seed in range(39)]
    one_far = make_profile(reference, {"x": draw(STRETCH) + 5})
    assert measure_usual(reference, whole, [*same, one_far], significance=0.01)["x"] == Parts(values=0.0, extras=0.0)


def test_one_more_of_few_stretches_may_be_further_than_all_of_them():
    beyond = 0
    for seed in range(20):
        reference, whole, (*known, new) = cut({"x": wander(seed, step=0.4)})
        usual = measure_usual(reference, whole, known, significance=0.01)["x"].values
        effect = measure_effects(reference, whole, new, usual={})["x"]
        assert effect is not None
        beyond += effect > usual
    assert beyond <= 3  # of 20 that are like the others 1 is expected


def test_a_column_that_was_not_counted_is_left_out():
    reference, whole, parts = cut({"x": draw(5_000), "y": draw(5_000)})
    spoilt = replace(whole, columns=(whole.columns[0], ColumnCounts(name="y", problem="texts")))
    assert set(measure_usual(reference, spoilt, parts, significance=0.01)) == {"x"}


def test_effects_alone_are_those_of_the_whole_measurement():
    reference, whole, _ = cut({"x": draw(5_000), "y": draw(5_000)})
    now = make_profile(reference, {"x": draw(1_000, 1) + 0.5, "y": draw(1_000, 2)})
    effects = measure_effects(reference, whole, now, usual={"x": Parts(values=0.01, extras=0.0)})
    drift = compare_profiles(reference, whole, now, usual={"x": Parts(values=0.01, extras=0.0)})
    assert effects == {each.column: pytest.approx(each.effect, abs=2e-3) for each in drift.columns}


def test_a_window_without_rows_has_no_effects():
    reference, whole, _ = cut({"x": draw(5_000)})
    nothing = make_profile(reference, {"x": pa.array([], pa.float64())})
    assert measure_effects(reference, whole, nothing, usual={}) == {"x": None}
    spoilt = replace(whole, columns=(ColumnCounts(name="x", problem="texts"),))
    assert measure_effects(reference, whole, spoilt, usual={}) == {"x": None}


def test_values_that_always_wander_excuse_no_missing_ones():
    reference, whole, stretches = cut({"x": wander(0, step=2.0)})
    usual = measure_usual(reference, whole, stretches, significance=0.01)
    now = draw(STRETCH, 99)
    now[: STRETCH // 10] = np.nan
    column = compare_profiles(reference, whole, make_profile(reference, {"x": now}), usual=usual).columns[0]
    assert column.psi is not None
    assert column.usual is not None
    assert column.usual > column.psi.value
    assert column.level is DriftLevel.ACT


def test_values_that_are_missing_at_times_are_usual_as_well():
    rows = draw(STRETCH * STRETCHES)
    rows[: 2 * STRETCH : 4] = np.nan
    reference, whole, stretches = cut({"x": rows})
    usual = measure_usual(reference, whole, stretches, significance=0.01)
    now = draw(STRETCH, 99)
    now[::5] = np.nan
    column = compare_profiles(reference, whole, make_profile(reference, {"x": now}), usual=usual).columns[0]
    assert column.level is DriftLevel.NONE
    assert usual["x"].extras > usual["x"].values


@pytest.mark.parametrize(
    ("moments", "span", "numbers"),
    [
        ([0, 1, 2, 3, 4, 5], 2, [0, 0, 1, 1, 2, 2]),
        ([0, 1, 2, 3, 4], 2, [0, 0, 1, 1, NO_STRETCH]),  # the last is not full
        ([5, 3, 0, 4], 3, [1, 1, 0, 1]),
        ([7, 7, 7], 100, [0, 0, 0]),
        ([0, 9], 0, None),
        ([], 3, []),
    ],
)
def test_rows_are_numbered_by_the_stretch_that_they_are_in(moments, span, numbers):
    found = number_stretches(np.array(moments, np.int64), span)
    assert len(found) == len(moments)
    if numbers is not None:
        assert found.tolist() == numbers


def test_of_very_many_stretches_some_are_taken_evenly():
    numbers = number_stretches(np.arange(100_000), 10)
    taken = np.unique(numbers[numbers != NO_STRETCH])
    assert len(taken) == MOST_STRETCHES
    assert (taken[0], taken[-1]) == (0, 9_999)
    assert np.ptp(np.diff(taken)) <= 1


def test_profiles_of_stretches_are_those_of_their_rows_in_any_order_and_batch():
    values = draw(1_000)
    reference, _ = make_watch({"x": values})
    order = np.random.default_rng(0).permutation(1_000)
    numbers = number_stretches(np.arange(1_000), 250)
    batches = pa.table({"x": values[order]}).to_batches(max_chunksize=300)
    found = profile_stretches(batches, numbers[order], reference)
    expected = [make_profile(reference, {"x": values[at : at + 250]}) for at in range(0, 1_000, 250)]
    assert [each.columns[0].cells for each in found] == [each.columns[0].cells for each in expected]


def test_rows_in_no_stretch_are_left_out():
    reference, _ = make_watch({"x": draw(10)})
    batches = pa.table({"x": draw(10)}).to_batches()
    assert profile_stretches(batches, np.full(10, NO_STRETCH), reference) == ()
