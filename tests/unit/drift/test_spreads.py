"""Columns of two sets of rows are counted in the same bins."""

import numpy as np
import pyarrow as pa
import pytest

from ratchet.drift.spreads import SHOWN_CATEGORIES, measure_spreads
from ratchet.records.columns import ColumnKind

KINDS = {"age": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL}


def make_rows(ages: np.ndarray, cities: list[str | None]) -> pa.Table:
    return pa.table({"age": ages, "city": pa.array(cities, pa.string())})


def test_shares_add_up_to_one_and_say_what_moved() -> None:
    then = make_rows(np.arange(1_000.0), ["Bern"] * 900 + ["Oslo"] * 100)
    now = make_rows(np.arange(500.0, 600.0), ["Oslo"] * 60 + ["Rome"] * 40)
    age, city = measure_spreads(then, now, KINDS, seed=1)
    for each in (age, city):
        assert sum(part.then for part in each.bins) == pytest.approx(1)
        assert sum(part.now for part in each.bins) == pytest.approx(1)
    shares = {part.label: (part.then, part.now) for part in city.bins}
    assert shares["'Bern'"] == (0.9, 0.0)
    assert shares["'Oslo'"] == (0.1, 0.6)
    assert max(part.now for part in age.bins) > 0.5


def test_many_categories_are_few_bins_and_none_is_lost() -> None:
    names = [f"category {place % 40}" for place in range(4_000)]
    rows = make_rows(np.zeros(4_000), names)
    city = measure_spreads(rows, rows, KINDS, seed=1)[1]
    assert len(city.bins) == SHOWN_CATEGORIES + 1
    assert city.bins[-1].label == "30 more"
    assert sum(part.then for part in city.bins) == pytest.approx(1)


def test_a_column_without_values_and_one_of_keys_are_no_error() -> None:
    then = make_rows(np.full(30_000, np.nan), [f"key {place}" for place in range(30_000)])
    age, city = measure_spreads(then, then, KINDS, seed=1)
    assert [part.then for part in age.bins] == [1.0]
    assert city.problem is not None
    assert city.bins == ()
