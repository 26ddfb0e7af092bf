import numpy as np
import pytest

from ratchet.data.known_rows import NONE, KnownRows
from ratchet.data.row_keys import Keys


def keys(*values):
    array = np.array(values, np.uint64)
    return Keys(first=array, second=array + np.uint64(1000))


def judge(known, values, moments, partitions=("date=1",)):
    made, is_new = known.judge(keys(*values), np.array(moments, np.int64), partitions)
    return made, list(is_new)


@pytest.fixture
def alone():
    return KnownRows(lambda _: NONE, has_entity=False)


def test_rows_that_look_alike_get_keys_of_their_own(alone):
    made, is_new = judge(alone, [5, 5, 6, 5], [1, 1, 1, 1])
    assert is_new == [True] * 4
    assert len(set(made.first)) == 4
    assert made.first[0] == 5


def test_rows_that_look_alike_are_counted_over_batches(alone):
    together, _ = judge(KnownRows(lambda _: NONE, has_entity=False), [5, 6, 5, 5], [1, 1, 1, 1])
    first, _ = judge(alone, [5, 6], [1, 1])
    second, _ = judge(alone, [5, 5], [1, 1])
    assert [*first.first, *second.first] == list(together.first)


def test_an_entity_delivered_twice_is_one_row():
    known = KnownRows(lambda _: NONE, has_entity=True)
    assert judge(known, [5, 5, 6], [1, 1, 1])[1] == [True, False, True]
    assert judge(known, [6, 7], [1, 2])[1] == [False, True]
    assert known.repeated == 2


def test_what_was_predicted_is_left_out_and_read_once_a_partition():
    asked = []

    def read(partition):
        asked.append(partition)
        return np.array([5], np.uint64)

    known = KnownRows(read, has_entity=False)
    _, is_new = judge(known, [5, 5, 6], [1, 1, 1], ("a", "b"))
    assert is_new == [False, True, True]  # the second of them was not there before
    judge(known, [7], [2], ("b",))
    judge(known, [8], [3], ("c",))
    assert asked == ["a", "b", "c"]
    assert known.known == 1


def test_nothing_is_judged_without_a_row(alone):
    assert judge(alone, [], [])[1] == []
