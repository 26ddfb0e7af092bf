import numpy as np
import pytest

from builders.drifts import draw, profile_reference
from ratchet.drift.distances import label_category
from ratchet.drift.reference import GROUPS, NAMED, choose_categories, choose_edges, choose_starts
from ratchet.records.columns import ColumnKind


def test_the_range_is_that_of_all_rows_though_edges_come_from_a_sample():
    values = np.random.default_rng(0).normal(size=300_000)
    values[17], values[299_999] = -50.0, 50.0
    reference, profile = profile_reference({"x": values})
    assert (profile.columns[0].cells[0], profile.columns[0].cells[-1]) == (0, 0)
    assert reference.columns[0].edges[-1] == 50.0


def test_a_column_that_is_not_there_is_a_problem_of_its_own():
    reference, profile = profile_reference({"x": [1.0, 2.0], "y": [[1], [2]]})
    assert [column.problem for column in reference.columns] == [None, "column 'y' holds list<item: int64>, not numbers"]
    assert profile.columns[0].problem is None


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


def test_frequent_categories_have_a_bin_each_and_rare_ones_share():
    counts = {"a": 500, "b": 400, **{f"k{place}": 1 for place in range(100)}}
    bins = choose_categories("c", ColumnKind.CATEGORICAL, counts)
    assert bins.cells[:2] == (("a",), ("b",))
    assert 3 <= len(bins.starts) <= 2 + GROUPS
    assert sum(bins.once) == 100


@pytest.mark.parametrize(("rows", "least"), [(10_000, 100), (1000, 20)])
def test_a_bin_of_its_own_takes_a_hundredth_of_the_rows_and_twenty(rows, least):
    starts = [
        choose_categories("c", ColumnKind.CATEGORICAL, {"a": rows - 2 * each, "b": each, "c": each}).starts
        for each in (least, least - 1)
    ]
    assert starts == [(0, 1, 2), (0, 1)]


def test_every_category_is_in_one_cell():
    counts = {f"k{place}": 100 - place % 90 for place in range(400)}
    bins = choose_categories("c", ColumnKind.CATEGORICAL, counts)
    assert sorted(name for cell in bins.cells for name in cell) == sorted(counts)
    assert sum(len(cell) == 1 for cell in bins.cells) >= NAMED


def test_no_categories_leave_no_cells():
    assert choose_categories("c", ColumnKind.CATEGORICAL, {}).cells == ()


def test_a_bin_says_what_it_holds():
    bins = choose_categories("c", ColumnKind.CATEGORICAL, {"a": 500, "b": 400, "c": 1, "d": 1})
    assert label_category(bins, 0, 1) == "'a'"
    assert label_category(bins, 2, 4) == "2 rarer categories like 'c'"
