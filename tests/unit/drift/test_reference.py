import numpy as np

from builders.drifts import make_watch


def test_the_range_is_that_of_all_rows_though_edges_come_from_a_sample():
    values = np.random.default_rng(0).normal(size=300_000)
    values[17], values[299_999] = -50.0, 50.0
    reference, profile = make_watch({"x": values})
    assert (profile.columns[0].cells[0], profile.columns[0].cells[-1]) == (0, 0)
    assert reference.columns[0].edges[-1] == 50.0


def test_a_column_that_is_not_there_is_a_problem_of_its_own():
    reference, profile = make_watch({"x": [1.0, 2.0], "y": [[1], [2]]})
    assert [column.problem for column in reference.columns] == [None, "column 'y' holds list<item: int64>, not numbers"]
    assert profile.columns[0].problem is None
