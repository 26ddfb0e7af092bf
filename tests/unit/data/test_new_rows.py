import pyarrow as pa
import pytest

from ratchet.data.new_rows import OutOfOrderError, cut_by_partition, follow_time
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
