import numpy as np
import pyarrow as pa
import pytest

from builders.drifts import draw, make_profile, make_watch
from ratchet.drift.stretches import MOST_STRETCHES, NO_STRETCH, number_stretches, profile_stretches


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
