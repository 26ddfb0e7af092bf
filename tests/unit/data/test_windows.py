from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest

from ratchet.data.windows import (
    WindowCounter,
    cut_batch,
    cut_history,
    window_before,
)
from ratchet.timeline import Window, to_moment, to_number

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ODD = 0x9E3779B97F4A7C15  # so that ids look like hashes


def rows_at(moments: list[int], *, version: int = 1, label: str | None = "yes", found: bool = True) -> pa.RecordBatch:
    count = len(moments)
    columns = {
        "_row": pa.array(moments, pa.int64()),
        "prediction_id": pa.array([f"{moment * ODD % 2**64:016x}" * 2 for moment in moments], pa.string()),
        "model_version": pa.array([version] * count, pa.int32()),
        "label": pa.array([label] * count, pa.string()),
        "has_features": pa.array([found] * count, pa.bool_()),
    }
    return pa.RecordBatch.from_pydict(columns)


@pytest.mark.parametrize(("moment", "has_clock"), [(NOON, True), (17, False), (datetime(1950, 1, 1, tzinfo=UTC), True)])
def test_moments_become_numbers_and_back(moment, has_clock):
    assert to_moment(to_number(moment), has_clock=has_clock) == moment


def test_a_window_ends_at_the_as_of():
    assert window_before(to_number(NOON), 7 * DAY, has_clock=True) == Window(start=NOON - 7 * DAY, end=NOON)
    assert window_before(500, 100, has_clock=False) == Window(start=400, end=500)


def test_no_window_begins_before_the_first_row_or_year():
    assert window_before(50, 100, has_clock=False) == Window(start=0, end=50)
    assert window_before(to_number(NOON), 200_000 * DAY, has_clock=True).start.year == 1900


def test_short_windows_begin_with_days_and_with_windows():
    history = window_before(to_number(NOON), 10 * DAY, has_clock=True)
    cuts = [to_moment(cut, has_clock=True) for cut in cut_history(history, 3 * DAY, has_clock=True)]
    assert (cuts[0], cuts[-1]) == (NOON - 10 * DAY, NOON)
    assert {NOON - 3 * DAY, NOON - 6 * DAY, NOON - 9 * DAY} <= set(cuts)
    midnights = {NOON - timedelta(hours=12) - days * DAY for days in range(10)}
    assert midnights <= set(cuts)
    assert all(one < other for one, other in pairwise(cuts))


def test_without_a_clock_short_windows_are_blocks_of_rows():
    assert cut_history(Window(start=0, end=250), 100, has_clock=False) == [0, 50, 100, 150, 200, 250]


def test_an_empty_history_has_one_window():
    assert cut_history(Window(start=0, end=1), 100, has_clock=False) == [0, 1]


def test_a_batch_is_cut_where_another_window_begins():
    parts = [(place, rows.num_rows) for place, rows in cut_batch(rows_at([0, 9, 10, 25, 29]), [0, 10, 20, 30])]
    assert parts == [(0, 2), (1, 1), (2, 2)]
    assert list(cut_batch(rows_at([]), [0, 10])) == []


def count(*batches: pa.RecordBatch, version: int = 1):
    counter = WindowCounter([0, 10, 20], version)
    assert list(counter.count(batches)) == list(batches)
    return counter.list(has_clock=False)


def test_rows_labels_and_the_versions_own_are_counted_while_they_pass():
    first, second = count(
        rows_at([1, 2]), rows_at([3], label=None), rows_at([4], version=2), rows_at([12], found=False)
    )
    assert (first.rows, first.labelled, first.own, first.found) == (4, 3, 3, 3)
    assert (second.rows, second.labelled, second.own, second.found) == (1, 1, 1, 0)
    assert (first.window, second.window) == (Window(start=0, end=10), Window(start=10, end=20))


def test_other_rows_leave_another_fingerprint_and_their_batches_do_not():
    whole, parts = count(rows_at([1, 2, 3])), count(rows_at([1, 2]), rows_at([3]))
    assert whole == parts
    assert whole[0].fingerprint != count(rows_at([1, 2, 4]))[0].fingerprint
    assert count(rows_at([1], version=2))[0].fingerprint == 0
