"""Numbers in bins of about equally many rows."""

import numpy as np
import pytest

from ratchet.evaluation.slices.bins import find_edges, name_bins, place_in_bins


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [([], []), ([np.nan], []), ([5.0] * 9, []), ([0.0] * 8 + [1.0] * 2, [1.0]), ([-np.inf, 1.0, 2.0, np.inf], [2.0])],
)
def test_level_numbers_make_fewer_bins(numbers, edges):
    assert find_edges(np.array(numbers), 4).tolist() == edges


@pytest.mark.parametrize(("edges", "names"), [([], ["any number"]), ([3.0], ["below 3", "3 and above"])])
def test_bins_have_names(edges, names):
    assert name_bins(np.array(edges)) == names


def test_a_number_is_in_the_bin_that_starts_with_it_and_a_missing_one_in_none():
    numbers = np.array([-np.inf, 1.0, 2.0, 3.0, np.inf, np.nan])
    assert place_in_bins(numbers, np.array([2.0, 3.0])).tolist() == [0, 0, 1, 2, 2, 3]
    assert place_in_bins(numbers[4:], np.empty(0)).tolist() == [0, 1]
