"""Bounds over rows that hang together."""

import numpy as np
import pytest

from ratchet.evaluation.production.bounded import Units, bound

CHANCE = np.random.default_rng(5)


def make_units(days: int, per_day: int, entities: np.ndarray | None = None, *, is_ordered: bool = True) -> Units:
    return Units(days=np.repeat(np.arange(days), per_day), entities=entities, is_ordered=is_ordered)


def width(values: np.ndarray, units: Units) -> float:
    lower, upper = bound(values.mean(), values - values.mean(), units)
    return upper - lower


def test_of_independent_rows_nineteen_lower_bounds_in_twenty_hold():
    held = []
    for _ in range(300):
        values = CHANCE.normal(size=700)
        held.append(bound(values.mean(), values - values.mean(), make_units(7, 100))[0] <= 0)
    assert 0.93 <= np.mean(held) <= 0.995


def test_days_that_differ_widen_the_bounds():
    day = np.repeat(CHANCE.normal(size=7), 100)
    values = CHANCE.normal(size=700) + day
    assert width(values, make_units(7, 100)) > 3 * width(values, make_units(7, 100, is_ordered=False))


def test_persons_with_many_rows_widen_the_bounds():
    person = np.repeat(np.arange(50), 14)
    values = CHANCE.normal(size=50)[person] + 0.1 * CHANCE.normal(size=700)
    alone = make_units(7, 100, is_ordered=False)
    assert width(values, make_units(7, 100, person, is_ordered=False)) > 2 * width(values, alone)


def test_persons_with_one_row_each_change_nothing():
    values = CHANCE.normal(size=700)
    each = make_units(7, 100, np.arange(700), is_ordered=False)
    assert width(values, each) == width(values, make_units(7, 100, is_ordered=False))


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_few_rows_have_finite_bounds(rows):
    values = np.arange(rows, dtype=float)
    lower, upper = bound(values.mean(), values - values.mean(), make_units(1, rows))
    assert lower <= values.mean() <= upper
