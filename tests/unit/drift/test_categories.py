from ratchet.drift.bins import label_category
from ratchet.drift.categories import GROUPS, NAMED, choose_categories


def test_frequent_categories_have_a_bin_each_and_rare_ones_share():
    counts = {"a": 500, "b": 400, **{f"k{place}": 1 for place in range(100)}}
    bins = choose_categories("c", "category", counts)
    assert bins.cells[:2] == (("a",), ("b",))
    assert 3 <= len(bins.starts) <= 2 + GROUPS
    assert sum(bins.once) == 100


def test_every_category_is_in_one_cell():
    counts = {f"k{place}": 100 - place % 90 for place in range(400)}
    bins = choose_categories("c", "category", counts)
    assert sorted(name for cell in bins.cells for name in cell) == sorted(counts)
    assert sum(len(cell) == 1 for cell in bins.cells) >= NAMED


def test_no_categories_leave_no_cells():
    assert choose_categories("c", "category", {}).cells == ()


def test_a_bin_says_what_it_holds():
    bins = choose_categories("c", "category", {"a": 500, "b": 400, "c": 1, "d": 1})
    assert label_category(bins, 0, 1) == "'a'"
    assert label_category(bins, 2, 4) == "2 rarer categories like 'c'"
