import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ratchet.data.splitting import (
    Parts,
    Sizes,
    can_divide,
    cut_by_key,
    cut_by_time,
    keep_groups_apart,
    keep_newest,
    keys_of_groups,
    place_of,
    shorten_delay,
)
from ratchet.timeline import MICROSECOND

PLACE = 0.02831934397072553  # of "patient 1": a change would move every group of every model
World = tuple[np.ndarray, Sizes, int]
SIZES = Sizes(validation=0.15, holdout=0.2)


@st.composite
def worlds(draw) -> World:
    """Moments with many ties, in any order, sizes of each kind and a delay."""
    moments = np.array(draw(st.lists(st.integers(0, draw(st.integers(0, 90))), min_size=1, max_size=150)))
    sizes = st.floats(0.05, 0.4) | st.integers(1, 60) | st.integers(1, 40).map(lambda some: some * MICROSECOND)
    return moments, Sizes(validation=draw(sizes), holdout=draw(sizes)), draw(st.integers(0, 60))


def whole(parts: Parts) -> list[int]:
    return sorted(np.concatenate([parts.train, parts.validation, parts.holdout]).tolist())


def has_three_parts(moments: np.ndarray, delay: int) -> bool:
    """Whether the labels of two moments are known by a later one."""
    different = np.unique(moments)
    return len(different) > 2 and different[-1] >= max(different[1] + delay, different[2])


@given(worlds())
def test_by_time_no_row_is_in_two_parts_and_all_are_accounted_for(world):
    moments, sizes, delay = world
    parts = cut_by_time(moments, sizes, delay=delay)
    assert len(set(whole(parts))) == len(whole(parts)) == len(moments) - parts.embargoed


@given(worlds())
def test_by_time_no_part_is_empty_where_none_has_to_be(world):
    moments, sizes, delay = world
    parts = cut_by_time(moments, sizes, delay=delay)
    assert all(map(len, (parts.train, parts.validation, parts.holdout))) == has_three_parts(moments, delay)
    assert can_divide(np.sort(moments), delay) == has_three_parts(moments, delay)


@given(worlds())
def test_by_time_no_label_is_known_after_the_holdout_begins_and_no_moment_is_cut(world):
    moments, sizes, delay = world
    assume(has_three_parts(moments, delay))
    parts = cut_by_time(moments, sizes, delay=delay)
    begin = moments[parts.holdout].min()
    assert (moments >= begin).sum() == len(parts.holdout)
    assert max(moments[parts.train].max(), moments[parts.validation].max()) + delay <= begin
    assert max(moments[parts.train].max(), moments[parts.validation].max()) < begin
    assert moments[parts.train].max() < moments[parts.validation].min()


@given(worlds())
def test_by_time_the_delay_lies_before_validation_where_half_of_the_rows_to_train_on_are_left(world):
    moments, sizes, delay = world
    assume(has_three_parts(moments, delay))
    parts = cut_by_time(moments, sizes, delay=delay)
    begin = moments[parts.validation].min()
    before, known = (moments < begin).sum(), ((moments < begin) & (moments + delay <= begin)).sum()
    assert parts.knows_validation == (known < before / 2)
    assert len(parts.train) == (before if parts.knows_validation else known)


@given(worlds())
def test_by_time_the_order_of_rows_does_not_matter(world):
    moments, sizes, delay = world
    parts = cut_by_time(moments, sizes, delay=delay)
    turned = cut_by_time(moments[::-1], sizes, delay=delay)
    last = len(moments) - 1
    for part, other in ((parts.train, turned.train), (parts.holdout, turned.holdout)):
        assert sorted((last - other).tolist()) == part.tolist()


@given(st.integers(3, 5000), st.floats(0.05, 0.4), st.floats(0.05, 0.39))
def test_by_time_without_ties_and_delay_each_part_has_its_share(rows, validation, holdout):
    parts = cut_by_time(np.arange(rows), Sizes(validation=validation, holdout=holdout))
    assert abs(len(parts.holdout) - holdout * rows) <= 1
    assert abs(len(parts.validation) - validation * rows) <= 1.5


@pytest.mark.parametrize(
    ("days", "delay", "expected"),
    [
        (15, 2, (172, 47, 47)),
        (10, 3, (118, 26, 25)),  # from here on the delay lies before the holdout only
        (10, 8, (34, 8, 7)),
        (90, 30, (1009, 216, 216)),
    ],
)
def test_by_time_a_short_history_is_divided_whatever_the_delay(days, delay, expected):
    parts = cut_by_time(np.arange(days * 24), Sizes(validation=0.15, holdout=0.15), delay=delay * 24)
    assert (len(parts.train), len(parts.validation), len(parts.holdout)) == expected
    assert parts.knows_validation == (days != 15)


@pytest.mark.parametrize(
    ("delay", "gap"), [(0, 0), (100, 100), (499, 499), (501, 124), (900, 124), (5000, 124)], ids=str
)
def test_a_delay_that_leaves_less_than_half_of_the_rows_since_a_change_is_shortened(delay, gap):
    assert shorten_delay(np.arange(1000), delay) == gap


def test_a_delay_longer_than_no_time_at_all_is_none():
    assert shorten_delay(np.arange(0), 7) == 7
    assert shorten_delay(np.zeros(9, dtype=np.int64), 7) == 0


def test_by_time_numbers_of_rows_and_lengths_are_met():
    parts = cut_by_time(np.arange(1000), Sizes(validation=100, holdout=50 * MICROSECOND), delay=10)
    assert (len(parts.validation), len(parts.holdout)) == (100, 50)
    parts = cut_by_time(np.arange(1000), Sizes(validation=30 * MICROSECOND, holdout=120), delay=10)
    assert (len(parts.validation), len(parts.holdout), parts.holdout[0]) == (30, 120, 880)


def test_by_time_shares_are_met_where_every_moment_differs():
    parts = cut_by_time(np.arange(1000), SIZES)
    assert [len(parts.train), len(parts.validation), len(parts.holdout), parts.embargoed] == [650, 150, 200, 0]


def test_by_time_the_nearest_change_of_moment_is_cut():
    monthly = np.repeat(np.arange(12), 100)
    parts = cut_by_time(monthly, Sizes(validation=0.15, holdout=0.15))
    assert [len(parts.train), len(parts.validation), len(parts.holdout)] == [800, 200, 200]


def test_by_time_the_delay_is_left_out_before_each_cut():
    parts = cut_by_time(np.arange(100), SIZES, delay=3)
    assert (parts.train[-1], parts.validation[0], parts.validation[-1], parts.holdout[0]) == (61, 64, 78, 81)
    assert parts.embargoed == 4


@pytest.mark.parametrize("moments", [np.zeros(50, dtype=int), np.repeat([0, 1], 25), np.array([], dtype=int)])
def test_by_time_too_few_moments_leave_a_part_empty(moments):
    parts = cut_by_time(moments, SIZES)
    assert not all(len(part) for part in (parts.train, parts.validation, parts.holdout))


@pytest.mark.parametrize("seed", range(20))
def test_by_key_every_row_is_in_one_part_and_groups_stay_whole(seed):
    keys = np.random.default_rng(seed).integers(0, 60, 500).astype(object)
    parts = cut_by_key(keys, SIZES)
    assert whole(parts) == list(range(500))
    sides = [set(keys[part]) for part in (parts.train, parts.validation, parts.holdout)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_by_key_appended_rows_move_nobody():
    keys = np.array([f"patient {at}" for at in range(400)], dtype=object)
    few, many = cut_by_key(keys[:300], SIZES), cut_by_key(np.concatenate([keys, keys]), SIZES)
    assert set(few.holdout.tolist()) == {at for at in many.holdout.tolist() if at < 300}
    assert set(few.validation.tolist()) == {at for at in many.validation.tolist() if at < 300}


def test_by_key_shares_are_about_met():
    parts = cut_by_key(np.arange(20_000).astype(object), SIZES)
    assert len(parts.holdout) / 20_000 == pytest.approx(0.2, abs=0.01)
    assert len(parts.validation) / 20_000 == pytest.approx(0.15, abs=0.01)


def test_by_key_a_larger_share_takes_from_training_only():
    keys = np.arange(2000).astype(object)
    less, more = cut_by_key(keys, SIZES), cut_by_key(keys, Sizes(validation=0.3, holdout=0.2))
    assert less.holdout.tolist() == more.holdout.tolist()
    assert set(less.validation.tolist()) < set(more.validation.tolist())


def test_by_key_a_number_of_rows_only_lets_go_of_rows_as_more_come():
    few, many = (
        cut_by_key(np.arange(rows).astype(object), Sizes(validation=200, holdout=300)) for rows in (2000, 3000)
    )
    assert len(many.holdout) == pytest.approx(300, rel=0.2)
    assert len(many.validation) == pytest.approx(200, rel=0.2)
    assert not set(many.holdout.tolist()) & set(few.train.tolist())


def test_places_are_the_same_for_ever():
    assert place_of("patient 1") == pytest.approx(PLACE)
    assert place_of("patient 1", "other") != place_of("patient 1")


def test_rows_without_a_group_are_groups_of_their_own():
    keys = keys_of_groups(np.array(["a", None, float("nan"), "a"], dtype=object), np.arange(4))
    assert keys[0] == keys[3]
    assert len(set(keys.tolist())) == 3


def test_a_straddling_group_stays_in_the_last_part_that_has_it():
    keys = np.array(list("abcdaebfga"), dtype=object)
    parts = keep_groups_apart(cut_by_time(np.arange(10), Sizes(validation=0.3, holdout=0.3)), keys)
    assert keys[parts.holdout].tolist() == ["f", "g", "a"]
    assert keys[parts.validation].tolist() == ["e", "b"]
    assert keys[parts.train].tolist() == ["c", "d"]
    assert parts.embargoed == 3


def test_a_window_keeps_the_newest_training_rows():
    parts = cut_by_time(np.arange(100), SIZES)
    assert keep_newest(parts, np.arange(100), 10).train.tolist() == list(range(55, 65))
    assert keep_newest(parts, np.arange(100), 10).holdout.tolist() == parts.holdout.tolist()


def test_a_window_on_nothing_is_nothing():
    empty = Parts(train=np.array([], dtype=int), validation=np.array([0]), holdout=np.array([1]))
    assert keep_newest(empty, np.arange(2), 10) is empty
