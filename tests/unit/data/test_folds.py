"""Folds: what is judged was not known to what taught."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.data.folds import cut_folds, deal_folds, keep_groups_out


@given(
    gaps=st.lists(st.integers(0, 3), min_size=3, max_size=80),
    count=st.integers(1, 6),
    delay=st.integers(0, 10),
)
def test_each_block_is_judged_by_what_was_known_before_it(gaps, count, delay):
    moments = np.cumsum(gaps)
    folds = cut_folds(moments, count, delay=delay)
    for fold in folds:
        begin = moments[fold.judged].min()
        assert (moments[fold.known] < begin).all()
        assert (moments[fold.known] + delay <= begin).all()
        assert set(np.flatnonzero((moments < begin) & (moments + delay <= begin))) == set(fold.known)
    judged = np.concatenate([fold.judged for fold in folds]) if folds else np.array([])
    assert len(set(judged)) == len(judged)


def test_blocks_follow_one_another_up_to_the_last_row():
    folds = cut_folds(np.arange(100), 4)
    assert [(fold.judged[0], fold.judged[-1]) for fold in folds] == [(60, 69), (70, 79), (80, 89), (90, 99)]
    assert [len(fold.known) for fold in folds] == [60, 70, 80, 90]


def test_rows_of_one_moment_stand_on_one_side():
    folds = cut_folds(np.repeat(np.arange(10), 10), 3)
    assert [(fold.judged[0], fold.judged[-1]) for fold in folds] == [(60, 69), (70, 79), (80, 99)]


@pytest.mark.parametrize("moments", [np.zeros(20, dtype=int), np.array([5])])
def test_one_moment_has_no_folds(moments):
    assert cut_folds(moments, 3) == ()


def test_a_group_that_is_judged_does_not_teach():
    (fold,) = cut_folds(np.arange(10), 1)
    groups = np.array([0, 1, 2, 3, 4, 5, 0, 1, 8, 9])
    assert keep_groups_out(fold, groups).known.tolist() == [2, 3, 4, 5]


@given(groups=st.lists(st.integers(0, 12), min_size=1, max_size=60), count=st.integers(1, 5), seed=st.integers(0, 9))
def test_without_an_order_every_row_is_judged_once_and_no_group_is_divided(groups, count, seed):
    numbers = np.array(groups)
    folds = deal_folds(numbers, count, seed=seed)
    assert sorted(np.concatenate([fold.judged for fold in folds])) == list(range(len(groups)))
    for fold in folds:
        assert not set(numbers[fold.known]) & set(numbers[fold.judged])
        assert len(fold.known) + len(fold.judged) == len(groups)
