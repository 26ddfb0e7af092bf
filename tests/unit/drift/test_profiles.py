from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from builders.drifts import draw, make_profile, profile_reference
from ratchet.drift.merging import MAX_NEW
from ratchet.drift.profiles import count_novel_values, profile_rows
from ratchet.drift.reference import make_reference
from ratchet.records.columns import ColumnKind

KINDS = {"age": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL, "member": ColumnKind.BOOLEAN}
THEN = pa.table(
    {"age": [20.0, 50.0, 80.0] * 20, "city": ["Oslo", "Bern", "Rome"] * 20, "member": [True, True, None] * 20}
)


def test_every_row_is_counted_once():
    reference, _ = profile_reference({"x": draw(500)})
    values = np.array([np.nan, np.nan, np.inf, -np.inf, -99.0, 0.0, 99.0])
    column = make_profile(reference, {"x": values}).columns[0]
    assert (column.nulls, column.plus_infinite, column.minus_infinite) == (2, 1, 1)
    assert sum(column.cells) == 3
    assert (column.cells[0], column.cells[-1], column.below, column.above) == (1, 1, -99.0, 99.0)
    assert (column.lowest, column.highest, column.moments.mean) == (-99.0, 99.0, 0.0)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_rows", [7, 1000])
def test_neither_batches_nor_threads_change_the_counts(threads, batch_rows):
    table = pa.table({"x": draw(1000), "c": ["a", "b"] * 500})
    reference = make_reference(table.to_batches(), {"x": ColumnKind.NUMERIC, "c": ColumnKind.CATEGORICAL})
    whole = profile_rows(table.to_batches(), reference)
    parts = profile_rows(table.to_batches(batch_rows), reference, threads=threads)
    assert [column.cells for column in parts.columns] == [column.cells for column in whole.columns]


def test_a_window_knows_its_first_and_last_time():
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 1, 2)]
    table = pa.table({"x": [1.0, 2.0, 3.0], "when": pa.array(times, pa.timestamp("us", "UTC"))})
    reference = make_reference(table.to_batches(), {"x": ColumnKind.NUMERIC}, time_column="when")
    profile = profile_rows(table.to_batches(1), reference)
    assert (profile.start, profile.end) == (times[1], times[0])


def test_whole_numbers_are_the_same_category_however_stored():
    reference, _ = profile_reference({"c": [1, 2, 2]}, c=ColumnKind.CATEGORICAL)
    column = make_profile(reference, {"c": pa.array([1.0, 2.0, None])}).columns[0]
    assert (sum(column.cells), column.unknown, column.nulls) == (2, 0, 1)


def test_a_category_is_the_same_when_stored_as_a_dictionary():
    reference, _ = profile_reference({"c": ["a", "b"]}, c=ColumnKind.CATEGORICAL)
    column = make_profile(reference, {"c": pa.array(["b", "a", "z"]).dictionary_encode()}).columns[0]
    assert (column.cells, column.unknown) == ((1, 1), 1)


def test_new_categories_are_counted_all_and_named_in_part():
    reference, _ = profile_reference({"c": ["a"]}, c=ColumnKind.CATEGORICAL)
    column = make_profile(reference, {"c": [f"k{name}" for name in range(500)]}).columns[0]
    assert (column.unknown, len(column.new_categories)) == (500, MAX_NEW)


def test_the_bins_depend_on_the_seed_of_a_long_reference_only():
    batches = pa.table({"x": draw(300_000)}).to_batches(50_000)
    digests = {make_reference(batches, {"x": ColumnKind.NUMERIC}, seed=seed).digest for seed in (1, 1, 2)}
    assert len(digests) == 2


def test_a_key_is_not_compared():
    reference, _ = profile_reference({"c": [f"k{name}" for name in range(25_000)]}, c=ColumnKind.CATEGORICAL)
    assert "it is a key" in reference.columns[0].problem


def count_novel(rows: dict[str, object], columns=tuple(KINDS)) -> list[int]:
    batches = THEN.to_batches()
    reference = make_reference(batches, KINDS)
    return count_novel_values(pa.table(rows), reference, profile_rows(batches, reference), columns).tolist()


@pytest.mark.parametrize(
    ("rows", "novel"),
    [
        ({"age": [20.0, 80.0, 19.9, 80.1]}, [0, 0, 1, 1]),
        ({"age": [None, np.nan, np.inf, -np.inf]}, [1, 1, 1, 1]),
        ({"age": [20, 81]}, [0, 1]),
        ({"city": ["Oslo", "Lima", None]}, [0, 1, 1]),
        ({"city": pa.array(["Oslo", "Lima"]).dictionary_encode()}, [0, 1]),
        ({"member": [True, False, None]}, [0, 1, 0]),
        ({"age": [900.0], "city": ["Lima"], "member": [False]}, [3]),
        ({"age": ["old", "young"]}, [0, 0]),
        ({"other": [1, 2]}, [0, 0]),
        ({"age": pa.array([], pa.float64())}, []),
    ],
)
def test_values_that_the_reference_never_had_are_counted(rows, novel):
    assert count_novel(rows) == novel


def test_only_the_columns_that_are_asked_for_count_novel():
    assert count_novel({"age": [900.0], "city": ["Lima"]}, ["city"]) == [1]


def test_a_reference_without_values_knows_no_range():
    batches = pa.table({"age": pa.array([None, None], pa.float64())}).to_batches()
    reference = make_reference(batches, {"age": ColumnKind.NUMERIC})
    now = pa.table({"age": [1.0, None]})
    assert count_novel_values(now, reference, profile_rows(batches, reference), ["age"]).tolist() == [1, 0]
