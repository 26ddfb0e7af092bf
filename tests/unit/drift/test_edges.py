import numpy as np

from builders.drifts import draw
from ratchet.drift.edges import choose_edges, choose_starts


def bins_of(values: np.ndarray) -> tuple[np.ndarray, list[int]]:
    sample = np.sort(values)
    edges = choose_edges(sample, sample[0], sample[-1])
    cells = np.diff([0, *np.searchsorted(sample, edges, "right"), len(sample)])
    starts = choose_starts(sample, edges)
    return edges, np.add.reduceat(cells, starts).tolist()


def test_bins_are_tenths_with_room_on_both_sides():
    assert bins_of(draw(1000))[1] == [0, *[100] * 10, 0]


def test_a_value_that_many_rows_share_has_a_bin_to_itself():
    values = np.concatenate([np.zeros(600), -np.abs(draw(150)), np.abs(draw(250))])
    assert 600 in bins_of(values)[1]


def test_a_constant_has_one_bin_and_two_sides():
    assert bins_of(np.full(50, 3.0))[1] == [0, 50, 0]


def test_a_small_reference_has_few_bins():
    assert len(bins_of(draw(30))[1]) == 5


def test_few_values_have_a_cell_each():
    edges, _ = bins_of(np.repeat([1.0, 2.0, 5.0], 40))
    assert set(edges) == {1.0, 2.0, 5.0, *np.nextafter([1.0, 2.0, 5.0], -np.inf)}
