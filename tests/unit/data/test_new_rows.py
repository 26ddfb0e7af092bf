import numpy as np
import pyarrow as pa
import pytest

from ratchet.data.new_rows import NONE, KnownRows, OutOfOrderError, cut_by_partition, follow_time
from ratchet.data.row_keys import Keys
from ratchet.records.columns import ROW


def make_batch(*numbers: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({ROW: pa.array(numbers, pa.int64())})


def test_rows_of_a_batch_are_put_in_order_and_empty_batches_left_out():
    followed = list(follow_time([make_batch(2, 1), make_batch(), make_batch(2, 5)]))
    assert [moments.tolist() for _, moments in followed] == [[1, 2], [2, 5]]


def test_a_batch_that_begins_before_the_end_of_another_is_out_of_order():
    with pytest.raises(OutOfOrderError):
        list(follow_time([make_batch(1, 4), make_batch(3)]))


def test_rows_without_a_clock_are_cut_into_blocks_of_a_million():
    rows = make_batch(999_999, 1_000_000, 1_000_001)
    cut = {name: part.num_rows for name, part in cut_by_partition(rows, rows.column(ROW).to_numpy())}
    assert cut == {"block=000000": 1, "block=000001": 2}


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
