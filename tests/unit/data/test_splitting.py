import numpy as np
import pytest

from ratchet.data.splitting import (
    Parts,
    Shares,
    cut_by_key,
    cut_by_time,
    keep_groups_apart,
    keep_newest,
    keys_of_groups,
    place_of,
)

PLACE = 0.02831934397072553  # of "patient 1": a change would move every group of every model
SHARES = Shares(validation=0.15, holdout=0.2)


def drawn(seed: int) -> tuple[np.ndarray, Shares, int]:
    """Moments with many ties, some shares and a delay."""
    chance = np.random.default_rng(seed)
    moments = np.sort(chance.integers(0, int(chance.integers(3, 500)), int(chance.integers(10, 400))))
    shares = Shares(validation=chance.uniform(0.05, 0.4), holdout=chance.uniform(0.05, 0.39))
    return moments, shares, int(chance.integers(0, 30))


def whole(parts: Parts) -> list[int]:
    return sorted(np.concatenate([parts.train, parts.validation, parts.holdout]).tolist())


@pytest.mark.parametrize("seed", range(60))
def test_by_time_no_row_is_in_two_parts_and_all_are_accounted_for(seed):
    moments, shares, delay = drawn(seed)
    parts = cut_by_time(moments, shares, delay=delay)
    assert len(set(whole(parts))) == len(whole(parts)) == len(moments) - parts.embargoed


@pytest.mark.parametrize("seed", range(60))
def test_by_time_labels_are_known_when_the_next_part_begins(seed):
    moments, shares, delay = drawn(seed)
    parts = cut_by_time(moments, shares, delay=delay)
    for earlier, later in ((parts.train, parts.validation), (parts.validation, parts.holdout)):
        if len(earlier) and len(later):
            assert moments[earlier].max() + delay <= moments[later].min()
            assert moments[earlier].max() < moments[later].min()


@pytest.mark.parametrize("seed", range(30))
def test_by_time_the_order_of_rows_does_not_matter(seed):
    moments, shares, delay = drawn(seed)
    shuffle = np.random.default_rng(seed).permutation(len(moments))
    parts, mixed = cut_by_time(moments, shares, delay=delay), cut_by_time(moments[shuffle], shares, delay=delay)
    assert sorted(shuffle[mixed.holdout].tolist()) == parts.holdout.tolist()
    assert sorted(shuffle[mixed.train].tolist()) == parts.train.tolist()


def test_by_time_shares_are_met_where_every_moment_differs():
    parts = cut_by_time(np.arange(1000), SHARES)
    assert [len(parts.train), len(parts.validation), len(parts.holdout), parts.embargoed] == [650, 150, 200, 0]


def test_by_time_the_nearest_change_of_moment_is_cut():
    monthly = np.repeat(np.arange(12), 100)
    parts = cut_by_time(monthly, Shares(validation=0.15, holdout=0.15))
    assert [len(parts.train), len(parts.validation), len(parts.holdout)] == [800, 200, 200]


def test_by_time_the_delay_is_left_out_before_each_cut():
    parts = cut_by_time(np.arange(100), SHARES, delay=3)
    assert (parts.train[-1], parts.validation[0], parts.validation[-1], parts.holdout[0]) == (62, 65, 77, 80)
    assert parts.embargoed == 4


@pytest.mark.parametrize("moments", [np.zeros(50, dtype=int), np.repeat([0, 1], 25), np.array([], dtype=int)])
def test_by_time_too_few_moments_leave_a_part_empty(moments):
    parts = cut_by_time(moments, SHARES)
    assert not all(len(part) for part in (parts.train, parts.validation, parts.holdout))


@pytest.mark.parametrize("seed", range(20))
def test_by_key_every_row_is_in_one_part_and_groups_stay_whole(seed):
    keys = np.random.default_rng(seed).integers(0, 60, 500).astype(object)
    parts = cut_by_key(keys, SHARES)
    assert whole(parts) == list(range(500))
    sides = [set(keys[part]) for part in (parts.train, parts.validation, parts.holdout)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_by_key_appended_rows_move_nobody():
    keys = np.array([f"patient {at}" for at in range(400)], dtype=object)
    few, many = cut_by_key(keys[:300], SHARES), cut_by_key(np.concatenate([keys, keys]), SHARES)
    assert set(few.holdout.tolist()) == {at for at in many.holdout.tolist() if at < 300}
    assert set(few.validation.tolist()) == {at for at in many.validation.tolist() if at < 300}


def test_by_key_shares_are_about_met():
    parts = cut_by_key(np.arange(20_000).astype(object), SHARES)
    assert len(parts.holdout) / 20_000 == pytest.approx(0.2, abs=0.01)
    assert len(parts.validation) / 20_000 == pytest.approx(0.15, abs=0.01)


def test_by_key_a_larger_share_takes_from_training_only():
    keys = np.arange(2000).astype(object)
    less, more = cut_by_key(keys, SHARES), cut_by_key(keys, Shares(validation=0.3, holdout=0.2))
    assert less.holdout.tolist() == more.holdout.tolist()
    assert set(less.validation.tolist()) < set(more.validation.tolist())


def test_places_are_the_same_for_ever():
    assert place_of("patient 1") == pytest.approx(PLACE)
    assert place_of("patient 1", "other") != place_of("patient 1")


def test_rows_without_a_group_are_groups_of_their_own():
    keys = keys_of_groups(np.array(["a", None, float("nan"), "a"], dtype=object), np.arange(4))
    assert keys[0] == keys[3]
    assert len(set(keys.tolist())) == 3


def test_a_straddling_group_stays_in_the_last_part_that_has_it():
    keys = np.array(list("abcdaebfga"), dtype=object)
    parts = keep_groups_apart(cut_by_time(np.arange(10), Shares(validation=0.3, holdout=0.3)), keys)
    assert keys[parts.holdout].tolist() == ["f", "g", "a"]
    assert keys[parts.validation].tolist() == ["e", "b"]
    assert keys[parts.train].tolist() == ["c", "d"]
    assert parts.embargoed == 3


def test_a_window_keeps_the_newest_training_rows():
    parts = cut_by_time(np.arange(100), SHARES)
    assert keep_newest(parts, np.arange(100), 10).train.tolist() == list(range(55, 65))
    assert keep_newest(parts, np.arange(100), 10).holdout.tolist() == parts.holdout.tolist()


def test_a_window_on_nothing_is_nothing():
    empty = Parts(train=np.array([], dtype=int), validation=np.array([0]), holdout=np.array([1]))
    assert keep_newest(empty, np.arange(2), 10) is empty
