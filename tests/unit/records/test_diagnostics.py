"""Shares follow from the counts."""

from builders.diagnostics import make_cut_off


def test_shares_follow_from_the_counts() -> None:
    half = make_cut_off(0.5, 5, 15)
    assert (half.rows, half.recall, half.false_positive_rate, half.precision) == (40, 0.5, 0.5, 0.25)


def test_a_share_of_nothing_is_none() -> None:
    assert make_cut_off(0.99, 0, 0).precision is None
